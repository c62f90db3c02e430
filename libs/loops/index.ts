export { Poller } from './poller.ts'
export { WakeUp } from './wake-up.ts'
