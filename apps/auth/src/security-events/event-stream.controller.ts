import { Access } from '@countersign/auth';
import {
  BadRequestException,
  Body,
  Controller,
  HttpCode,
  Param,
  Post,
  Req,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { EventStreamService } from './event-stream.service.js';
import { toHttpException } from './poll-error.js';
import { pollRequest, type PollResponse } from './poll-request.js';
import { ReceiverGuard, receiverOf } from './receiver.guard.js';

const streamName = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/);

/**
 * Where verifiers hear what ends tokens (RFC 8936). A receiver with several replicas has a stream for each: the name in
 * the path is the replica's own, made at its start, and its first poll makes the stream.
 */
@Controller('events/streams/:stream')
@Access({ publicBecause: 'a verifier authenticates as a client: see ReceiverGuard' })
@UseGuards(ReceiverGuard)
export class EventStreamController {
  constructor(private readonly streams: EventStreamService) {}

  @Post('poll')
  @HttpCode(200)
  async poll(
    @Param('stream') stream: string,
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PollResponse> {
    const streamId = streamName.safeParse(stream);
    const poll = pollRequest.safeParse(body);
    if (!streamId.success || !poll.success)
      throw new BadRequestException('The poll is not of the form of RFC 8936 §2.2.');

    reply.header('cache-control', 'no-store');
    const abandoned = new AbortController();
    reply.raw.once('close', () => abandoned.abort());
    try {
      const receiver = { clientId: receiverOf(request), streamId: streamId.data };
      return await this.streams.poll(receiver, poll.data, abandoned.signal);
    } catch (error) {
      throw toHttpException(error, reply);
    }
  }
}
