import type { CarrierSettings, PaymentSettings } from '../../server/types.ts'
import { Page } from '../../ui/page.tsx'
import { carrierKnobs, carrierPresets, paymentKnobs, paymentPresets } from './knobs.ts'
import { Mailbox } from './mailbox.tsx'
import { SettingsCard } from './settings-card.tsx'

export const SimulatorsPage = () => (
  <Page
    title="Simulators"
    lead="The world outside: a payment provider, a carrier and a mail server. Make them slow, faulty or silent, and watch the orders."
  >
    <div className="columns">
      <SettingsCard<PaymentSettings>
        title="Payment provider"
        path="/api/simulators/payment/settings"
        knobs={paymentKnobs}
        presets={paymentPresets}
      />
      <SettingsCard<CarrierSettings>
        title="Carrier"
        path="/api/simulators/carrier/settings"
        knobs={carrierKnobs}
        presets={carrierPresets}
      />
    </div>
    <Mailbox />
  </Page>
)
