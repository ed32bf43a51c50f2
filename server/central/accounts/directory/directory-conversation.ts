/**
 * Talking to the directory: a few connections that all end with the conversation, or at its deadline.
 *
 * A connection is never made again behind our back: the library would reconnect in plain text after StartTLS, and the
 * next thing sent may be a password. Referrals are not followed: they would take a password to whatever server an
 * entry names.
 */
import net from 'node:net'
import tls from 'node:tls'
import { Client, type ClientOptions } from 'ldapts'
import type { DirectoryConfig } from './directory-config.ts'

export type OpenConnection = () => Promise<Client>

export async function converse<Result>(
  config: DirectoryConfig,
  work: (open: OpenConnection) => Promise<Result>,
): Promise<Result> {
  const sockets = new Set<net.Socket>()
  const deadline = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    deadline.reject(new Error(`no answer within ${config.timeoutSeconds} s`))
  }, config.timeoutSeconds * 1_000)
  try {
    return await Promise.race([work(() => openConnection(config, sockets)), deadline.promise])
  } finally {
    clearTimeout(timer)
    for (const socket of sockets) socket.destroy()
  }
}

async function openConnection(config: DirectoryConfig, sockets: Set<net.Socket>): Promise<Client> {
  const { url, startTls, ca, host } = config
  const tlsOptions: tls.ConnectionOptions = { minVersion: 'TLSv1.2', host, ca }
  if (net.isIP(host) === 0) tlsOptions.servername = host
  const timeout = config.timeoutSeconds * 1_000
  const client = new Client({
    url,
    timeout,
    connectTimeout: timeout,
    createConnection: onlyOnce(sockets, net.connect) as typeof net.connect,
    createSecureConnection: onlyOnce(sockets, tls.connect) as typeof tls.connect,
    // With these, the library takes ldap:// for ldaps://.
    ...(url.startsWith('ldaps:') ? { tlsOptions } : {}),
  } satisfies ClientOptions)
  // With its own certificate's name, which a socket that is already there does not tell.
  if (startTls) await client.startTLS(tlsOptions)
  return client
}

function onlyOnce(sockets: Set<net.Socket>, connect: unknown): (...args: unknown[]) => net.Socket {
  let wasUsed = false
  return (...args) => {
    if (wasUsed) throw new Error('the directory closed the connection')
    wasUsed = true
    const socket = (connect as (...args: unknown[]) => net.Socket)(...args)
    sockets.add(socket)
    // One that is destroyed while it connects may have nobody left who listens.
    socket.on('error', () => {})
    return socket
  }
}
