import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { ROOT } from '../../scripts/root.ts'

/** A program that says where the jars of Apache Kafka are: `PROGRAM classpath`. Its tools are the Java client at work. */
const program = resolve(ROOT, process.env.APACHE_KAFKA ?? '../shared/tools/apache-kafka')
const env = { KAFKA_VERSION: '4.4.0', ...process.env }
const classpath = existsSync(program) ? spawnSync(program, ['classpath'], { encoding: 'utf8', env }).stdout.trim() : ''

export const hasJavaClient = classpath !== '' && spawnSync('java', ['-version']).status === 0
if (!hasJavaClient)
  process.stderr.write('skipped: the Java client: APACHE_KAFKA names no program that knows its jars\n')

/** Tools live briefly: what they cost is starting. */
const JVM = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m', '-Dlog4j2.level=error']

/** What `java` is given to run a class below org.apache.kafka. */
export const javaArguments = (
  name: string,
  args: readonly string[],
  properties: readonly string[] = [],
): readonly string[] => [...JVM, ...properties, '-cp', classpath, `org.apache.kafka.${name}`, ...args]
