import { Access } from '@countersign/auth';
import { Controller, Get, Header } from '@nestjs/common';
import { STYLESHEET, STYLESHEET_PATH } from './stylesheet.js';

@Controller()
export class StylesheetController {
  @Get(STYLESHEET_PATH)
  @Access({ publicBecause: 'every page needs it, and it is the same for everyone' })
  @Header('Content-Type', 'text/css; charset=utf-8')
  @Header('Cache-Control', 'public, max-age=3600')
  @Header('X-Content-Type-Options', 'nosniff')
  stylesheet(): string {
    return STYLESHEET;
  }
}
