import { Controller, Get, Inject } from '@nestjs/common'
import { ProjectionProgressReader } from '../projection-progress.ts'

@Controller('projections')
export class ProjectionsController {
  constructor(@Inject(ProjectionProgressReader) private readonly progress: ProjectionProgressReader) {}

  @Get()
  async list() {
    return { items: await this.progress.read() }
  }
}
