import { execFile } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isRoot, serverAccount } from './account.ts'
import { type Daemon, serverDirectory, startDaemon, withFreshPorts } from './daemon.ts'
import { Dialog, dotStuffed, greeted } from './dialog.ts'
import { configFile, dovecotConfig } from './dovecot-config.ts'
import { freePort, LOOPBACK } from './port.ts'
import { pathTo } from './program.ts'

const certificates = new URL('../../fixtures/tls/', import.meta.url)

export interface DovecotOptions {
  /** The only users that exist. If absent, every name can log in and receive mail. */
  users?: readonly string[]
  /** The password of every user; by default `secret`. */
  password?: string
  /** A Sieve script that runs before delivery to any mailbox. */
  sieve?: string
  /** Lines at the end of dovecot.conf, in the syntax of the version that runs. */
  extraConfig?: string
  /** STARTTLS with the certificate of test/fixtures/tls: offered, or required of any address but its own. */
  tls?: 'offered' | 'required'
  /** How a mailbox is named on delivery: by the whole address (the default) or only the part before the @. */
  usernames?: 'address' | 'localPart'
}

/** How to reach a Dovecot. Plain data, so that it can pass from one operating-system process to another. */
export interface DovecotAddress {
  host: string
  imapPort: number
  lmtpPort: number
  /** The password of every user. */
  password: string
  /** Socket for Dovecot's SASL protocol, used by Postfix. */
  saslSocket: string
}

export interface Dovecot extends Daemon, DovecotAddress {
  /** Delivers by LMTP, as the site's own mail server would. @throws with the server's refusal */
  deliver(user: string, octets: Uint8Array | string, reversePath?: string): Promise<void>
}

export interface Delivery {
  user: string
  /** Sent as they are, except for dot stuffing; 8-bit octets are kept if it is a Uint8Array. */
  octets: Uint8Array | string
  reversePath?: string
}

/** Delivers in order over one LMTP connection (RFC 2033). @throws at the first refusal */
export async function deliverAll(
  { lmtpPort }: Pick<DovecotAddress, 'lmtpPort'>,
  deliveries: Iterable<Delivery>,
): Promise<void> {
  const dialog = await Dialog.open(lmtpPort)
  try {
    await dialog.expect(220)
    await dialog.command('LHLO harness.test', 250)
    for (const { user, octets, reversePath = 'sender@example.org' } of deliveries) {
      await dialog.command(`MAIL FROM:<${reversePath}>`, 250)
      await dialog.command(`RCPT TO:<${user}>`, 250)
      await dialog.command('DATA', 354)
      dialog.send(dotStuffed(octets))
      await dialog.expect(250)
    }
  } finally {
    dialog.close()
  }
}

/** Starts a private Dovecot with IMAP and LMTP on loopback, without TLS, where users log in with a plain password. */
export async function startDovecot(options: DovecotOptions = {}): Promise<Dovecot> {
  const program = pathTo('dovecot')
  const version = (await promisify(execFile)(program, ['--version'])).stdout.trim()
  return withFreshPorts(() => launch(program, version, options))
}

async function launch(program: string, version: string, options: DovecotOptions): Promise<Dovecot> {
  const account = serverAccount()
  const directory = serverDirectory('dovecot', account)
  const [imapPort, lmtpPort] = [await freePort(), await freePort()]
  const { password = 'secret' } = options
  const settings = {
    directory,
    imapPort,
    lmtpPort,
    account,
    password,
    listedUsers: options.users !== undefined,
  }
  const { usernames = 'address', sieve, tls, extraConfig = '' } = options
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text)
  write(
    'dovecot.conf',
    dovecotConfig(version, { ...settings, usernames, sieve: sieve !== undefined, tls, extraConfig }),
  )
  for (const name of tls ? ['cert.pem', 'key.pem'] : [])
    write(name, readFileSync(new URL(name, certificates), 'utf8'))
  write(
    'users',
    (options.users ?? []).map((user) => `${user.toLowerCase()}:{PLAIN}${password}::::::\n`).join(''),
  )
  if (sieve !== undefined) {
    mkdirSync(join(directory, 'sieve'))
    write('sieve/before.sieve', sieve)
    if (isRoot) chownSync(join(directory, 'sieve'), account.uid, account.gid)
  }
  const daemon = await startDaemon({
    name: 'dovecot',
    directory,
    command: program,
    args: ['-F', '-c', configFile(directory)],
    account,
    ready: async () => void (await Promise.all([greeted(imapPort, '* OK'), greeted(lmtpPort, '220 ')])),
  })
  chmodSync(directory, 0o755)
  return Object.assign(daemon, {
    host: LOOPBACK,
    imapPort,
    lmtpPort,
    password,
    saslSocket: join(directory, 'sasl'),
    deliver: (user: string, octets: Uint8Array | string, reversePath?: string) =>
      deliverAll({ lmtpPort }, [{ user, octets, reversePath }]),
  })
}
