/** The console: one page, mounted here. Routes in one place; everything but sign-in needs a session. */
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import './styles/controls.css'
import './styles/grid.css'
import './styles/pages.css'
import './styles/streams.css'
import './styles/details.css'
import './styles/orders.css'
import './styles/rules.css'
import './styles/accounts.css'
import './styles/live.css'
import './styles/files.css'
import './styles/plot.css'
import './styles/settings.css'
import './styles/print.css'
import { render } from 'preact'
import { useEffect } from 'preact/hooks'
import { LocationProvider, Route, Router, useLocation } from 'preact-iso'
import { api, hasCode, messageOf } from './api.ts'
import { AccountPage } from './pages/account.tsx'
import { AuditPage } from './pages/audit.tsx'
import { MachineComparePage } from './pages/compare.tsx'
import { FilesPage } from './pages/files.tsx'
import { LivePage } from './pages/live.tsx'
import { LiveQuestionPage } from './pages/live-question.tsx'
import { MachinePage } from './pages/machine.tsx'
import { MachinesPage } from './pages/machines.tsx'
import { OrderPage } from './pages/order.tsx'
import { OrdersPage } from './pages/orders.tsx'
import { OverviewPage } from './pages/overview.tsx'
import { RulePage } from './pages/rule.tsx'
import { RulesPage } from './pages/rules.tsx'
import { SettingsPage } from './pages/settings.tsx'
import { SignInPage } from './pages/sign-in.tsx'
import { StreamPage } from './pages/stream.tsx'
import { StreamsPage } from './pages/streams.tsx'
import { UsersPage } from './pages/users.tsx'
import { Empty, Failure, Loading } from './parts/bits.tsx'
import { useResource } from './parts/hooks.ts'
import { Shell } from './parts/shell.tsx'
import { endSession, session } from './session.ts'

function App() {
  return (
    <LocationProvider>
      <Gate />
    </LocationProvider>
  )
}

/** Asks once who is signed in; a session that ends later ends here too. */
function Gate() {
  const { path, url, route } = useLocation()
  const asked = useResource('session', async () => {
    try {
      session.value = await api.session()
    } catch (error) {
      if (!hasCode(error, 'NOT_SIGNED_IN')) throw error
      endSession()
    }
    return true
  })
  const isSignInPage = path === '/sign-in'
  const mustSignIn = session.value === null && !isSignInPage
  useEffect(() => {
    if (mustSignIn) route(`/sign-in${url === '/' ? '' : `?next=${encodeURIComponent(url)}`}`, true)
  }, [mustSignIn, url, route])

  if (session.value === undefined) {
    return (
      <main class="page">
        {asked.error === null ? (
          <Loading what="console" />
        ) : (
          <Failure error={messageOf(asked.error)} retry={asked.reload} />
        )}
      </main>
    )
  }
  if (isSignInPage) return <SignInPage />
  return mustSignIn ? null : <Pages />
}

function Pages() {
  return (
    <Shell>
      <Router onRouteChange={startAtTop}>
        <Route path="/" component={OverviewPage} />
        <Route path="/streams" component={StreamsPage} />
        <Route path="/streams/:id" component={StreamPage} />
        <Route path="/files" component={FilesPage} />
        <Route path="/compare" component={MachineComparePage} />
        <Route path="/live" component={LivePage} />
        <Route path="/live/:id" component={LiveQuestionPage} />
        <Route path="/machines" component={MachinesPage} />
        <Route path="/machines/:id" component={MachinePage} />
        <Route path="/orders" component={OrdersPage} />
        <Route path="/orders/:id" component={OrderPage} />
        <Route path="/rules" component={RulesPage} />
        <Route path="/rules/:id" component={RulePage} />
        <Route path="/audit" component={AuditPage} />
        <Route path="/users" component={UsersPage} />
        <Route path="/settings" component={SettingsPage} />
        <Route path="/account" component={AccountPage} />
        <Route default component={NotFoundPage} />
      </Router>
    </Shell>
  )
}

/** Another page begins at its top, for the eye and for the keyboard. */
function startAtTop(): void {
  const content = document.getElementById('content')
  content?.scrollTo(0, 0)
  content?.focus({ preventScroll: true })
}

function NotFoundPage() {
  return (
    <main class="page">
      <Empty title="There is no such page">
        <p>
          <a href="/">Go to the overview.</a>
        </p>
      </Empty>
    </main>
  )
}

const root = document.getElementById('app')
if (root) render(<App />, root)
