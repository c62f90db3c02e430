import { kafkaSecurity } from '#libs/messaging'
import { adminOf, grantAll } from './kafka-access/grant.ts'
import { preparePasswords } from './kafka-access/password-files.ts'

const USAGE = `kafka-access COMMAND FOLDER: the users of the processes on a Kafka that asks who comes
  prepare FOLDER            makes the password files FOLDER/USER/password that are missing
  prepare FOLDER --rotate   new ones, for all but the admin; then grant, and start the processes again
  grant FOLDER              gives each user the password of its file and the rules that it needs, and no others
Environment of grant: KAFKA_BROKERS; KAFKA_SECURITY_PROTOCOL and what goes with it, where the admin comes in otherwise
than by SCRAM-SHA-512 without encryption and the password of FOLDER/admin/password.`

const [command, folder, option] = process.argv.slice(2)
if (folder === undefined || (option ?? '--rotate') !== '--rotate') {
  console.error(USAGE)
  process.exit(1)
}
if (command === 'prepare') preparePasswords(folder, { rotate: option !== undefined })
else if (command === 'grant') {
  const admin = adminOf((process.env.KAFKA_BROKERS ?? '127.0.0.1:9092').split(','), folder)
  const isTold = process.env.KAFKA_SECURITY_PROTOCOL !== undefined
  await grantAll({ ...admin, ...(isTold && { security: kafkaSecurity() }) }, folder)
  console.log('every process has its user and its rules')
} else {
  console.error(USAGE)
  process.exit(1)
}
