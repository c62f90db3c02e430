import { Controller, Get, Inject, Req, Res } from '@nestjs/common'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AlertWatch } from '../alerts/alert-watch.ts'
import { sendShared } from '../send-shared.ts'

@Controller('api/alerts')
export class AlertsController {
  constructor(@Inject(AlertWatch) private readonly watch: AlertWatch) {}

  @Get()
  alerts(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    sendShared(request, reply, this.watch.answer)
  }
}
