import { answersOk } from './supervisor/wait.ts'

/** The health check of every container: is the process on PORT ready? */
process.exitCode = (await answersOk(`http://127.0.0.1:${process.env.PORT}/health/ready`)) ? 0 : 1
