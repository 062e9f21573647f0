import { Body, Get, HttpCode, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { AdminController } from '../admin/admin-controller.js';
import { adminRefusal } from '../admin/admin-errors.js';
import { emptyBody } from '../admin/empty-body.js';
import type { KeyCommand } from './key-commands.js';
import { KeyRingError } from './key-ring-error.js';
import { SIGNING_ALGORITHMS } from './key-ring.js';
import { toKeyChangeView, toKeyView, type KeyChangeView, type KeyView } from './key-view.js';
import { SigningKeysService } from './signing-keys.service.js';

const announcement = z.strictObject({ alg: z.enum(SIGNING_ALGORITHMS) });
const rotation = z.strictObject({
  alg: z.enum(SIGNING_ALGORITHMS),
  /** Without the wait after the announcement. The answer says what that costs. */
  emergency: z.boolean().default(false),
});

/** The key ring, for administrators alone. Nobody can see a private key here, or bring one in. */
@AdminController('keys', 'keys:admin')
export class KeysController {
  constructor(private readonly signingKeys: SigningKeysService) {}

  @Get()
  async list(): Promise<{ readonly data: readonly KeyView[] }> {
    const { keys } = await this.signingKeys.list();
    const byAge = keys.toSorted((a, b) => a.announcedAt.getTime() - b.announcedAt.getTime());
    return { data: byAge.map((key) => toKeyView(key, this.signingKeys.policy)) };
  }

  @Post('announce')
  @HttpCode(200)
  announce(@Body({ schema: announcement }) { alg }: z.output<typeof announcement>): Promise<KeyChangeView> {
    return this.execute({ do: 'announce', alg });
  }

  @Post('rotate')
  @HttpCode(200)
  rotate(@Body({ schema: rotation }) { alg, emergency }: z.output<typeof rotation>): Promise<KeyChangeView> {
    return this.execute({ do: emergency ? 'rotate-at-once' : 'rotate', alg });
  }

  @Post(':kid/retire')
  @HttpCode(200)
  retire(@Param('kid') kid: string, @Body({ schema: emptyBody }) _body: unknown): Promise<KeyChangeView> {
    return this.execute({ do: 'retire', kid });
  }

  @Post(':kid/revoke')
  @HttpCode(200)
  revoke(@Param('kid') kid: string, @Body({ schema: emptyBody }) _body: unknown): Promise<KeyChangeView> {
    return this.execute({ do: 'revoke', kid });
  }

  private async execute(command: KeyCommand): Promise<KeyChangeView> {
    try {
      return toKeyChangeView(await this.signingKeys.execute(command));
    } catch (error) {
      if (error instanceof KeyRingError) throw adminRefusal(error.code, error.message);
      throw error;
    }
  }
}
