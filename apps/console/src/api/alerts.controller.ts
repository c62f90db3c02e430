import { Controller, Get, Inject } from '@nestjs/common'
import { type AlertsAnswer, AlertWatch } from '../alerts/alert-watch.ts'

@Controller('api/alerts')
export class AlertsController {
  constructor(@Inject(AlertWatch) private readonly watch: AlertWatch) {}

  @Get()
  alerts(): AlertsAnswer {
    return this.watch.answer
  }
}
