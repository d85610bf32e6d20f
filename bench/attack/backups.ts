/** Restoring backups that somebody has changed or forged. */
import { createHash, createHmac } from 'node:crypto'
import { existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { keyFor } from '../../src/base/secret.ts'
import { type Attack, differs } from './attack.ts'
import { accountAt, runCommand, type Servers, Victim } from './victim.ts'

const address = 'me@replyd.test'

/** The lines of an unchanged backup, and the text of its key. */
interface Original {
  lines: string[]
  key: string
}

/** Recomputes the checksum, and signs with a key if one is given; null removes the signature. */
function sealed(lines: string[], key: string | null | undefined): string[] {
  const body = lines.slice(0, -1)
  const end = JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>
  const text = body.map((line) => `${line}\n`).join('')
  end.sha256 = createHash('sha256').update(text).digest('hex')
  const rows: Record<string, number> = {}
  for (const line of body.slice(1)) {
    const table = /^\{"([a-z_]+)"/.exec(line)?.[1] ?? ''
    rows[table] = (rows[table] ?? 0) + 1
  }
  end.rows = { ...(end.rows as object), ...rows }
  const { mac, ...unsigned } = end
  if (key === null) return [...body, JSON.stringify(unsigned)]
  const signed = JSON.stringify(unsigned)
  const made =
    key === undefined
      ? mac
      : createHmac('sha256', keyFor(key, 'backup'))
          .update(text + signed)
          .digest('hex')
  return [...body, JSON.stringify({ ...unsigned, mac: made })]
}

const grant = `{"sender_rule":{"account":"${address}","pattern":"eve@evil.example","rule":"allow","source":"owner","at":"2026-01-01T00:00:00Z"}}`
const withRow = ({ lines }: Original, row: string) => [...lines.slice(0, -1), row, lines.at(-1) ?? '']

interface Forgery {
  name: string
  make: (original: Original) => string[]
  /** Options of `restore`; by default the true key. */
  unverified?: boolean
}

const forgeries: Forgery[] = [
  { name: 'with one more rule that allows a sender', make: (o) => sealed(withRow(o, grant), undefined) },
  { name: 'the same without a signature', make: (o) => sealed(withRow(o, grant), null) },
  { name: "the same signed with the attacker's key", make: (o) => sealed(withRow(o, grant), 'another key') },
  { name: 'the same signed with an empty key', make: (o) => sealed(withRow(o, grant), '') },
  {
    name: 'that says it is of a version before signatures',
    make: (o) =>
      sealed([(o.lines[0] ?? '').replace(/"schema":\d+/, '"schema":1'), ...withRow(o, grant).slice(1)], null),
  },
  {
    name: 'with one octet changed',
    make: ({ lines }) => lines.map((line) => line.replace('INBOX', 'INBOY')),
  },
  {
    name: 'whose end says that numbers go on at the last possible one',
    make: ({ lines }) =>
      lines.map((line) => line.replace(/"event\.id":\["\d+"/, '"event.id":["9223372036854775807"')),
  },
  {
    name: 'whose end states no numbers of rows',
    make: ({ lines }) => lines.map((line) => line.replace(/"rows":\{[^}]*\}/, '"rows":{}')),
  },
  {
    name: 'that says it is of the format with an unsigned end',
    make: (o) =>
      sealed(
        o.lines.map((line) => line.replace('"format":2', '"format":1')),
        undefined,
      ),
  },
  {
    name: 'with a second end below the true one, behind the signature',
    make: ({ lines }) => [
      ...lines.slice(0, -1),
      (lines.at(-1) ?? '').replace(/\}$/, ',"sequences":{"event.id":["1",true]}}'),
    ],
  },
  { name: 'without its end', make: ({ lines }) => lines.slice(0, -1) },
  {
    name: 'with SQL for the name of a table, unverified',
    make: (o) => sealed(withRow(o, '{"message; drop schema replyd cascade; --":{"id":"x"}}'), null),
    unverified: true,
  },
  {
    name: 'with SQL for the name of a column, unverified',
    make: (o) =>
      sealed(withRow(o, `{"cursor":{"account\\") values (1); drop schema replyd cascade; --":"x"}}`), null),
    unverified: true,
  },
  {
    name: 'with a table of another schema, unverified',
    make: (o) => sealed(withRow(o, '{"pg_authid":{"rolname":"eve","rolsuper":true}}'), null),
    unverified: true,
  },
  {
    name: 'of one line of 300 MB',
    make: ({ lines }) => [lines[0] ?? '', `{"cursor":{"account":"${'a'.repeat(300 << 20)}"}}`],
  },
]

const isEmpty = async (victim: Victim): Promise<boolean> => {
  const { rows } = await victim.db.query(`select 1 from pg_tables where schemaname = 'replyd'`)
  return rows.length === 0
}

export function backupAttacks(servers: Servers): Attack[] {
  let original: Promise<Original> | undefined
  const configured = () => Victim.build(servers, { accounts: [accountAt(servers, address)] })
  const make = async (): Promise<Original> => {
    await using victim = await configured()
    const cwd = victim.directory
    await runCommand(['start', '--once'], { cwd })
    const { status, stderr } = await runCommand(['backup', 'b.gz'], { cwd })
    if (status !== 0) throw new Error(`no backup was made: ${stderr}`)
    const lines = gunzipSync(readFileSync(join(cwd, 'b.gz')))
      .toString()
      .trimEnd()
      .split('\n')
    return { lines, key: readFileSync(join(cwd, 'data/oauth.key'), 'utf8') }
  }
  const restored = async (lines: string[], key: string, unverified = false) => {
    const victim = await configured()
    const cwd = victim.directory
    writeFileSync(join(cwd, 'b.gz'), gzipSync(lines.map((line) => `${line}\n`).join('')))
    writeFileSync(join(cwd, 'key'), key, { mode: 0o600 })
    const how = unverified ? ['--unverified'] : ['--key', 'key']
    const ran = await runCommand(['restore', 'b.gz', ...how], { cwd, nodeArgs: ['--max-old-space-size=256'] })
    return { victim, ran }
  }
  const near: Attack = {
    name: 'backup: unchanged, with its key (is restored)',
    holds: 'nothing: this is what the others differ from',
    run: async () => {
      original ??= make()
      const { lines, key } = await original
      const { victim, ran } = await restored(lines, key)
      await using _victim = victim
      return ran.status === 0 ? null : ran.stderr.slice(0, 150)
    },
  }
  const forged = forgeries.map(
    ({ name, make: forge, unverified }): Attack => ({
      name: `backup: ${name}`,
      holds: unverified
        ? 'only names of own tables and columns become SQL'
        : 'signed with the key of the state directory',
      run: async () => {
        original ??= make()
        const known = await original
        const { victim, ran } = await restored(forge(known), known.key, unverified)
        await using _victim = victim
        if (ran.status === 0) return 'it was restored'
        if (ran.status === null || /heap out of memory|at .*\.js:\d+/.test(ran.stderr))
          return `it ended badly: ${ran.stderr.trim().slice(-120)}`
        return (await isEmpty(victim)) ? null : 'something was left in the store'
      },
    }),
  )
  return [near, ...forged, ...fileAttacks(configured)]
}

/** Where a backup is written. */
function fileAttacks(configured: () => Promise<Victim>): Attack[] {
  return [
    {
      name: 'backup: a umask of 0',
      holds: 'mode 600',
      run: async () => {
        await using victim = await configured()
        const cwd = victim.directory
        await runCommand(['start', '--once'], { cwd })
        const before = process.umask(0)
        const ran = runCommand(['backup', 'b.gz'], { cwd })
        process.umask(before)
        await ran
        return differs(statSync(join(cwd, 'b.gz')).mode & 0o777, 0o600)
      },
    },
    {
      name: 'backup: its name is a link that leads to nothing yet',
      holds: 'a new file is made and renamed, nothing is written through a link',
      run: async () => {
        await using victim = await configured()
        const cwd = victim.directory
        await runCommand(['start', '--once'], { cwd })
        symlinkSync(join(cwd, 'planted'), join(cwd, 'b.gz'))
        await runCommand(['backup', 'b.gz'], { cwd })
        return existsSync(join(cwd, 'planted')) ? 'it was written through the link' : null
      },
    },
  ]
}
