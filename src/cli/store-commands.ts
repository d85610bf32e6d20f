import { Argument, type Command, Option } from 'commander'
import { roles } from '../store/people.ts'
import type { ExitStatus, Terminal } from './terminal.ts'

/** Registers backup, restore, forget, token and totp. Each is loaded when it is called. */
export function addStoreCommands(
  program: Command,
  terminal: Terminal,
  end: (status: ExitStatus) => void,
): void {
  const add = (usage: string, description: string) =>
    program
      .command(usage)
      .description(description)
      .addOption(new Option('-c, --config <file>', 'configuration file'))
      .addOption(new Option('--json', 'print one JSON object'))
  add('backup <file>', 'write all state into a new file (- is standard output); the daemon may run').action(
    async (file, options) => end(await (await import('./backup.ts')).backup(file, options, terminal)),
  )
  add('restore <file>', 'read a backup into an empty store, embedded or PostgreSQL')
    .addOption(new Option('--key <file>', 'oauth.key of the state directory that was backed up'))
    .addOption(
      new Option('--unverified', 'restore without checking the signature; only for a file that you trust'),
    )
    .action(async (file, options) =>
      end(await (await import('./backup.ts')).restore(file, options, terminal)),
    )
  add('forget <address>', 'remove the stored text of a correspondent; the ledger stays').action(
    async (address, options) => end(await (await import('./forget.ts')).forget(address, options, terminal)),
  )
  addTokens(program, terminal, end)
  addPeople(program, terminal, end)
}

function addPeople(program: Command, terminal: Terminal, end: (status: ExitStatus) => void): void {
  const people = program.command('people').description('who logs in to the pages under a name of their own')
  const load = () => import('./people.ts')
  const add = (usage: string, description: string) =>
    people
      .command(usage)
      .description(description)
      .addOption(new Option('-c, --config <file>', 'configuration file'))
      .addOption(new Option('--json', 'print JSON'))
  add('add <name>', 'let somebody log in; the password is read from standard input')
    .addOption(new Option('--role <role>', 'what they may do').choices(roles).default('reviewer'))
    .action(async (name, options) => end(await (await load()).add(name, options, terminal)))
  add('list', 'names and roles').action(async (options) => end(await (await load()).list(options, terminal)))
  add('role <name>', 'give somebody another role')
    .addArgument(
      new Argument('<role>', 'reader reads, reviewer also decides, owner does everything').choices(roles),
    )
    .action(async (name, role, options) => end(await (await load()).role(name, role, options, terminal)))
  add('password <name>', 'give somebody another password, read from standard input').action(
    async (name, options) => end(await (await load()).password(name, options, terminal)),
  )
  add('remove <name>', 'remove the login; what this person decided stays').action(async (name, options) =>
    end(await (await load()).remove(name, options, terminal)),
  )
}

function addTokens(program: Command, terminal: Terminal, end: (status: ExitStatus) => void): void {
  const tokens = program.command('token').description('named API tokens, each with its scopes')
  const add = (usage: string, description: string) =>
    tokens
      .command(usage)
      .description(description)
      .addOption(new Option('-c, --config <file>', 'configuration file'))
      .addOption(new Option('--json', 'print JSON'))
  add('create <name>', 'make a token and print it once')
    .addOption(
      new Option('--scope <names...>', 'what it may do; admin includes the others').choices([
        'read',
        'decide',
        'metrics',
        'admin',
      ]),
    )
    .action(async (name, options) => end(await (await import('./token.ts')).create(name, options, terminal)))
  add('list', 'names, scopes and last use').action(async (options) =>
    end(await (await import('./token.ts')).list(options, terminal)),
  )
  add('revoke <name>', 'make a token invalid').action(async (name, options) =>
    end(await (await import('./token.ts')).revoke(name, options, terminal)),
  )
  program
    .command('totp')
    .description('print a new secret for web.totpSecret, the second factor of the login')
    .addOption(new Option('--json', 'print one JSON object'))
    .action(async (options) => end(await (await import('./token.ts')).totp(options, terminal)))
}
