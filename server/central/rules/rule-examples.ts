/** Rules to begin with. Data only; none of them is in force until somebody makes it a rule, and lets it act. */
import type { RuleExamples } from '../../protocol/api/rules.ts'

const NIGHTLY = { cron: '0 3 * * *', timeZone: 'UTC' } as const

export const RULE_EXAMPLES: RuleExamples['examples'] = [
  {
    name: 'Installers of our deploy server',
    description:
      'What our own deploy server handed out is ours: no warning at every start. Put your server in place of deploy.example.com.',
    query: 'zone:3 host:deploy.example.com ext:(exe OR msi OR msix) stream:Zone.Identifier',
    action: 'strip',
    schedule: NIGHTLY,
    onInventory: false,
    caps: { perMachinePerDay: 100, perDay: 1_000, stopAtFailedPercent: 10 },
  },
  {
    name: 'Download addresses after 30 days',
    description:
      'Marks keep their zone, so that Windows still warns, and lose the address that somebody visited.',
    query: 'stream:Zone.Identifier (host:* OR referrer:*) first:>30d',
    action: 'reduce',
    schedule: NIGHTLY,
    onInventory: false,
    caps: { perMachinePerDay: 1_000, perDay: 10_000, stopAtFailedPercent: 10 },
  },
  {
    name: 'Programs in streams',
    description: 'Tells the sinks of each executable in a stream as soon as a machine reports it.',
    query: 'verdict:suspicious rule:content-*',
    action: 'alert',
    schedule: null,
    onInventory: true,
    caps: { perMachinePerDay: 100, perDay: 1_000, stopAtFailedPercent: 100 },
  },
]
