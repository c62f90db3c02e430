import { type Drill, ended, type SystemUnderDrill, shown } from './drill.ts'
import { byHandAtProvider, type Money } from './provider.ts'

interface Check {
  readonly name: string
  readonly violations: number
  readonly sample: readonly unknown[]
}

/** Money that is held without the system, which is what the oracle looks for at the provider. */
export const oracleViolation: Drill = {
  fault: 'the card of a rejected order is charged by hand at the provider',
  make: async (system) => {
    const orderId = await system.place('tok_declined')
    await ended(system, orderId, 'rejected')
    const { total } = await system.do<{ total: Money }>('GET', `/api/orders/${orderId}`)
    await byHandAtProvider(system, 'authorizations', { orderId, ...total, token: 'tok_ok' })
    const says = await shown('the oracle to see it', 90, async () =>
      (await moneyCheck(system))?.sample.find((one) => JSON.stringify(one).includes(orderId)),
    )
    return {
      shows: typeof says === 'string' ? says : JSON.stringify(says),
      look: [
        `curl -s ${system.url}/api/oracle`,
        `curl -s '${system.url}/api/simulators/payment/operations?orderId=${orderId}'`,
        `${system.url}/processes`,
      ],
      mend: async () => {
        await byHandAtProvider(system, 'voids', { orderId })
        const checked = await shown('the oracle to be content', 60, async () => {
          const check = await moneyCheck(system)
          return check !== undefined && !JSON.stringify(check.sample).includes(orderId) ? check : undefined
        })
        return `the oracle finds ${checked.violations} violations of "money", and none of order ${orderId}`
      },
    }
  },
}

const moneyCheck = async (system: SystemUnderDrill): Promise<Check | undefined> =>
  (await system.look<{ checks: Check[] }>('/api/oracle'))?.checks.find(({ name }) => name === 'money')
