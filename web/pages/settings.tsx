/** Everything about central that is set once and looked at seldom; each panel only for those who may. */
import { api } from '../api.ts'
import { plural } from '../model/format.ts'
import { AddMachine } from '../parts/add-machine.tsx'
import { Empty, Facts, Failure, Loading } from '../parts/bits.tsx'
import { Command } from '../parts/command.tsx'
import { useResource, useTitle } from '../parts/hooks.ts'
import { PackagesPanel } from '../parts/packages-panel.tsx'
import { SavedQueriesPanel } from '../parts/saved-queries-panel.tsx'
import { SinksPanel } from '../parts/sinks-panel.tsx'
import { may } from '../session.ts'

export function SettingsPage() {
  useTitle('Settings')
  const mayAny = may('settings.manage') || may('enrolments.create') || may('users.manage')
  return (
    <main class="page">
      <header class="page-head">
        <h1>Settings</h1>
      </header>
      {!mayAny && <Empty title="Your role may not manage central" />}
      <div class="settings">
        {may('enrolments.create') && (
          <section class="panel">
            <div class="panel-head">
              <h2>Machines</h2>
              <AddMachine />
            </div>
            <p>
              An agent enrols with one line, which counts its uses and expires. What is not looked
              at stands in the <a href="/">overview</a>.
            </p>
          </section>
        )}
        {may('users.manage') && (
          <section class="panel">
            <h2>Access</h2>
            <p>
              <a href="/users">Users, roles</a> and the <a href="/account">API tokens</a> that are
              yours.
            </p>
          </section>
        )}
        {may('settings.manage') && <SettingsPanel />}
        {may('settings.manage') && <BackupPanel />}
        {may('enrolments.create') && <PackagesPanel />}
      </div>
      <SavedQueriesPanel />
      {may('settings.manage') && <SinksPanel />}
    </main>
  )
}

function SettingsPanel() {
  const settings = useResource('settings', (abort) => api.settings(abort))
  const { value, error } = settings
  return (
    <section class="panel">
      <h2>Retention and scans</h2>
      {error !== null && <Failure error={error} retry={settings.reload} />}
      {value === null && error === null && <Loading what="settings" />}
      {value !== null && (
        <>
          <Facts
            items={[
              [
                'Gone streams',
                value.keepGoneDays === null
                  ? 'remembered for ever'
                  : `forgotten after ${plural(value.keepGoneDays, 'day')}`,
              ],
              ['Stale', `not seen for ${plural(value.staleAfterDays, 'day')}`],
              ['Agents scan', `every ${duration(value.scanEverySeconds)}`],
            ]}
          />
          <p class="faint">
            Set where central is started: <code>--keep-gone-days</code>, <code>--scan-every</code>.
          </p>
        </>
      )}
    </section>
  )
}

function duration(seconds: number): string {
  if (seconds % 86_400 === 0) return plural(seconds / 86_400, 'day')
  return seconds % 3_600 === 0
    ? plural(seconds / 3_600, 'hour')
    : plural(Math.round(seconds / 60), 'minute')
}

function BackupPanel() {
  return (
    <section class="panel">
      <h2>Backup</h2>
      <p>On central’s machine, while it runs; the folder must not be there yet:</p>
      <Command text="sidestream central backup FOLDER" />
      <p class="faint">
        <code>sidestream central check</code> looks whether what is stored fits together.
      </p>
    </section>
  )
}
