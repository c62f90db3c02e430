export { type GeneratedEvent, generate } from './generate.ts'
export { readShop } from './read-shop.ts'
export { runTraffic, type TrafficControl, type TrafficProgress, type TrafficSink } from './run-traffic.ts'
export { type Shop, type TrafficOptions, type TrafficProduct, trafficOptions } from './traffic.ts'
