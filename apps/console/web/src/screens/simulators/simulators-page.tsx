import type { CarrierSettings, PaymentSettings, TextSettings } from '../../server/types.ts'
import { Page } from '../../ui/page.tsx'
import { carrierKnobs, carrierPresets, paymentKnobs, paymentPresets, textKnobs, textPresets } from './knobs.ts'
import { Mailbox } from './mailbox.tsx'
import { SettingsCard } from './settings-card.tsx'

export const SimulatorsPage = () => (
  <Page
    title="Simulators"
    lead="The world outside: a payment provider, a carrier, a mail server, an SMS gateway and a push service. Make them slow, faulty or silent, and watch the orders."
  >
    <div className="columns" data-narrow>
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
      <SettingsCard<TextSettings>
        title="SMS gateway"
        path="/api/simulators/sms/settings"
        knobs={textKnobs}
        presets={textPresets}
      />
      <SettingsCard<TextSettings>
        title="Push service"
        path="/api/simulators/push/settings"
        knobs={textKnobs}
        presets={textPresets}
      />
    </div>
    <Mailbox />
  </Page>
)
