/**
 * A program: a real OpenID provider on a loopback port, with its own pages where any password is right. What
 * somebody's claims are is in the sign-in name: `olga:stream-operators,desk` is olga, in these groups.
 *
 *   node openid-provider-process.ts PORT CLIENT_SECRET CONSOLE_URL
 */
import { createServer } from 'node:http'
// @ts-expect-error: it has no types of its own
import { Provider } from 'oidc-provider'

const [port, clientSecret, consoleUrl] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${port}`

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'sidestream',
      client_secret: clientSecret,
      redirect_uris: [`${consoleUrl}/api/v1/openid/callback`],
      post_logout_redirect_uris: [`${consoleUrl}/sign-in`],
    },
  ],
  claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
  pkce: { required: () => true },
  findAccount: (_context: unknown, id: string) => {
    const [name, groups = ''] = id.split(':')
    const claims = { sub: id, preferred_username: name, groups: groups.split(',') }
    return { accountId: id, claims: () => claims }
  },
})

createServer(provider.callback()).listen(Number(port), '127.0.0.1', () => {
  process.stdout.write('ready\n')
})
