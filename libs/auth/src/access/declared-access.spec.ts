import 'reflect-metadata';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, type INestApplicationContext, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { Access } from './access.js';
import { assertEveryHandlerDeclaresAccess } from './declared-access.js';

@Controller()
class Declared {
  @Get('a') @Access({ scopes: [] }) route(): void {}
  @Get('b') @Access({ publicBecause: 'a test' }) open(): void {}
  @MessagePattern('c') @Access({ scopes: [], from: ['gateway'] }) message(): void {}
  notAHandler(): void {}
}

@Controller()
@Access({ scopes: ['x'] })
class DeclaredOnTheClass {
  @Get('d') route(): void {}
}

@Controller()
class UndeclaredRoute {
  @Get('e') route(): void {}
}

@Controller()
class UndeclaredMessage {
  @MessagePattern('f') message(): void {}
}

@Controller()
class PublicMessage {
  @MessagePattern('g') @Access({ publicBecause: 'a test' }) message(): void {}
}

@Controller()
class MessageFromAnyone {
  @MessagePattern('h') @Access({ scopes: [] }) message(): void {}
}

@Controller()
class RouteFromWorkloads {
  @Get('i') @Access({ scopes: [], from: ['gateway'] }) route(): void {}
}

class Inherited extends UndeclaredRoute {}
Controller()(Inherited);

describe('assertEveryHandlerDeclaresAccess', () => {
  let app: INestApplicationContext | undefined;

  async function appOf(...controllers: Type[]): Promise<INestApplicationContext> {
    @Module({ controllers })
    class AppModule {}
    app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    return app;
  }

  afterEach(async () => {
    await app?.close();
  });

  it('lets an app pass whose handlers all declare their access', async () => {
    const declared = await appOf(Declared, DeclaredOnTheClass);
    expect(() => assertEveryHandlerDeclaresAccess(declared)).not.toThrow();
  });

  it.each([
    [UndeclaredRoute, 'UndeclaredRoute#route has none'],
    [UndeclaredMessage, 'UndeclaredMessage#message has none'],
    [Inherited, 'Inherited#route has none'],
    [PublicMessage, 'PublicMessage#message is public'],
    [MessageFromAnyone, 'MessageFromAnyone#message does not say which workloads'],
    [RouteFromWorkloads, 'RouteFromWorkloads#route names workloads'],
  ])('stops an app with %p', async (controller, fault) => {
    const undeclared = await appOf(Declared, controller);
    expect(() => assertEveryHandlerDeclaresAccess(undeclared)).toThrow(fault);
  });
});
