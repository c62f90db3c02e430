import { loadConfig, serviceEnvironment } from '#libs/http'

export const config = () => loadConfig(serviceEnvironment)

export type Config = ReturnType<typeof config>
