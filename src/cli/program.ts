/** The command line. Commands are loaded on demand, so that start-up stays fast. */
import { Argument, Command, CommanderError, Option } from 'commander'
import { wrapped } from '../base/columns.ts'
import { programVersion } from '../base/package.ts'
import { asCalled, calledAs, configPath } from './called.ts'
import { addEvidenceCommands } from './evidence-commands.ts'
import { reportFailure, UsageError, wantsJson } from './failure.ts'
import { grouped, termOf } from './help-groups.ts'
import { addLearnCommands } from './learn-commands.ts'
import { addMcpCommands } from './mcp-commands.ts'
import { addReviewCommands } from './review-commands.ts'
import type { Shell } from './shell.ts'
import { addStoreCommands } from './store-commands.ts'
import {
  type ExitStatus,
  exitStatusWords,
  fittingLines,
  type Terminal,
  waiting,
  writeLine,
} from './terminal.ts'

/**
 * Runs the command that the arguments name; never rejects.
 * @returns exit status: 0 done, 1 failed, 2 wrong usage or configuration
 */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<ExitStatus> {
  let status: ExitStatus = 0
  // The reader closed the pipe (`replyd explain … | head`): not an error.
  terminal.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') terminal.stdout.destroy()
    else status = reportFailure(error, terminal)
  })
  const json = wantsJson(argv)
  const end = (ended: ExitStatus) => {
    status = ended
  }
  const program = buildProgram(terminal, end, json)
  try {
    if (argv.length === 0) return await alone(program, terminal)
    // `replyd help token create`, as in other programs.
    const words = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv
    await program.parseAsync(words, { from: 'user' })
    return status
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, terminal, pathOf(program, argv), json)
    if (error.exitCode === 0) return 0
    // Commander has already written its message for people; without a command it has shown the help.
    return json ? reportFailure(usageOf(error), terminal, '', json) : 2
  }
}

const usageOf = ({ code, message }: CommanderError): UsageError =>
  new UsageError(code === 'commander.help' ? 'A command is missing.' : plain(message.replace(/^error: /, '')))

/** Commander's word for what it calls an argument elsewhere. */
const plain = (text: string): string => text.replace("command-argument value '", "argument value '")

/** A command that is typed without the one above it: `replyd approve ID`. */
function withPlace(program: Command, text: string): string {
  const [whole, name] = /^replyd: unknown command '([\w-]+)'\n?$/.exec(text) ?? []
  const meant = program.commands.find((each) => each.commands.some((below) => below.name() === name))
  return whole === undefined || !meant
    ? text
    : `${whole.trimEnd()}\n(Did you mean ${meant.name()} ${name}?)\n`
}

/** Without a command: the status if there is a configuration; if not, the first run for a person, otherwise help. */
async function alone(program: Command, terminal: Terminal): Promise<ExitStatus> {
  const { environment, stdin, stdout } = terminal
  if (configPath(undefined, environment) !== null || environment.REPLYD_ADDRESS)
    return (await import('./running.ts')).overview(terminal)
  if (stdin.isTTY && stdout.isTTY)
    return (await import('./init.ts')).init({ folder: '.', check: true }, terminal)
  program.outputHelp({ error: true })
  return 2
}

/** `replyd token create`: the command that the arguments name, as far as they name one. */
function pathOf(program: Command, argv: readonly string[]): string {
  const named = program.commands.find((each) => each.name() === argv[0])
  return named ? `${program.name()} ${pathOf(named, argv.slice(1))}` : program.name()
}

/** Each command's own help tells more than that of the whole program. */
function namingHelp(command: Command, path: string): void {
  command.showHelpAfterError(`(see ${path} --help)`)
  for (const each of command.commands) namingHelp(each, `${path} ${each.name()}`)
}

type End = (status: ExitStatus) => void

/** All commands, with what each does. @param quiet wrong usage is not reported here in words, but elsewhere as JSON */
export function buildProgram(terminal: Terminal, end: End, quiet = false): Command {
  const program = new Command('replyd')
    .description('Answers a mailbox: sorts new mail, files spam, drafts replies, and never answers twice.')
    .version(programVersion(), '-V, --version', 'print the version')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: termOf })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(asCalled(text, terminal.environment)),
      writeErr: (text) => {
        if (quiet) return
        const said = plain(text.replace(/^error: /, 'replyd: '))
        const words = asCalled(withPlace(program, said), terminal.environment)
        terminal.stderr.write(fittingLines(words, terminal.stderr))
      },
    })
    .addHelpText('after', afterHelp)
  addSetupCommands(program, terminal, end)
  addDaemonCommands(program, terminal, end)
  addRunningCommands(program, terminal, end)
  addReviewCommands(program, terminal, end)
  addStoreCommands(program, terminal, end)
  addLearnCommands(program, terminal, end)
  addMcpCommands(program, terminal, end)
  addOfflineCommands(program, terminal, end)
  addEvidenceCommands(program, terminal, end)
  namingHelp(program, program.name())
  return grouped(program)
}

const afterHelp = `
Examples:
  replyd replies show 4f2                       by the start of its id
  replyd knowledge test "When are you open?"    what a reply may rest on
  replyd explain mail.eml                       what would happen to it

replyd COMMAND --help explains a command, replyd man all of them.
${wrapped(`Exit status: ${exitStatusWords}`, 80).join('\n')}
`

/** One instance per command, because commander stores values on them. */
const configOption = () =>
  new Option('-c, --config <file>', 'configuration file (default: replyd.yaml, else the environment)')
const jsonOption = (what: string) => new Option('--json', what)

function addDaemonCommands(program: Command, terminal: Terminal, end: End): void {
  program
    .command('start')
    .description('watch the mailboxes and answer')
    .addOption(configOption())
    .option('--roles <list>', 'what this process does: any of watch, work and web', 'watch,work,web')
    .option('--once', 'handle the mail that is waiting, then exit (for cron)')
    .addOption(
      new Option(
        '--log <form>',
        'sentences, or JSON on standard error (default: plain on a terminal)',
      ).choices(['plain', 'json']),
    )
    .action(async (options) => end(await (await import('./start.ts')).start(options, terminal)))
  program
    .command('doctor')
    .description('check configuration, mail servers, model, queue and state, and say what to do')
    .addOption(configOption())
    .option(
      '--forge',
      'send each account a mail from a forged author, see whether it is recognised, delete it',
    )
    .addOption(jsonOption('print one JSON object'))
    .action(async (options) => end(await (await import('./doctor.ts')).doctor(options, terminal)))
  program
    .command('audit')
    .description('compare every mailbox with the ledger; exit status 1 if a mail was missed')
    .addOption(configOption())
    .addOption(jsonOption('print one JSON object'))
    .action(async (options) => end(await (await import('./audit.ts')).audit(options, terminal)))
  program
    .command('demo')
    .description('run everything against an embedded mailbox with sample mail')
    .option('--exit', 'exit when all samples are handled')
    .addOption(jsonOption('print one JSON object per mail'))
    .action(async (options) => end(await demo(options, terminal)))
}

function addRunningCommands(program: Command, terminal: Terminal, end: End): void {
  const load = () => import('./running.ts')
  const add = (name: string, description: string, json: string) =>
    program.command(name).description(description).addOption(configOption()).addOption(jsonOption(json))
  add('status', 'the state of the running daemon, and what waits for you', 'print one JSON object').action(
    async (options) => end(await (await load()).status(options, terminal)),
  )
  add('open', 'open the review page', 'print its address as JSON').action(async (options) =>
    end(await (await load()).open(options, terminal)),
  )
  add(
    'reload',
    'have the running daemon read the configuration again; exit status 1 if something needs a restart',
    'print one JSON object',
  ).action(async (options) => end(await (await import('./running.ts')).reload(options, terminal)))
  add(
    'logs',
    'what the daemon logged while it ran at a terminal',
    'print JSON lines, as they are in the file',
  )
    .option('-f, --follow', 'keep printing what is logged from now on')
    .option('-n, --lines <n>', 'begin with this many of the last lines', '20')
    .action(async (options) => end(await (await load()).logs(options, terminal)))
  addServiceCommands(program, terminal, end)
  program
    .command('completion')
    .description('print the completion of commands and options for a shell')
    .addArgument(new Argument('<shell>', 'whose').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: Shell) => {
      const { completion } = await import('./shell.ts')
      await writeLine(terminal.stdout, completion(program, shell).trimEnd())
    })
  program
    .command('man')
    .description('print the man page: replyd man | man -l -')
    .action(async () => {
      const { manPage } = await import('./shell.ts')
      await writeLine(terminal.stdout, manPage(program).trimEnd())
    })
}

function addServiceCommands(program: Command, terminal: Terminal, end: End): void {
  const service = program.command('service').description('run it as a service of this user')
  service
    .command('install')
    .description('write a systemd user unit, or a launchd agent, and say how to start it; needs no root')
    .addOption(configOption())
    .option('--print', 'only print it')
    .option('--force', 'replace an existing one')
    .addOption(jsonOption('print one JSON object'))
    .action(async (options) => end(await (await import('./service.ts')).install(options, terminal)))
  const load = () => import('./service.ts')
  service
    .command('status')
    .description('whether it is installed and runs; exit status 1 if not')
    .addOption(jsonOption('print one JSON object'))
    .action(async (options) => end(await (await load()).serviceStatus(options, terminal)))
  service
    .command('uninstall')
    .description('stop it and remove it; settings, passwords and data stay')
    .addOption(jsonOption('print one JSON object'))
    .action(async (options) => end(await (await load()).uninstall(options, terminal)))
}

const initVariables = `
Variables, of the environment or of .env in that folder, are not asked for:
  MAIL_PASSWORD        password of the mailbox
  OPENAI_API_KEY       key of the model; with --yes, set but empty: later
  OPENAI_BASE_URL      as --base-url
  REPLYD_MODEL         as --model
  REPLYD_TLS_CA        as --ca
  OPENAI_TLS_CA        certificate of the private authority of the model (PEM)
  REPLYD_WEB_PASSWORD  of the review page; without it one is made
`

function addSetupCommands(program: Command, terminal: Terminal, end: End): void {
  program
    .command('init')
    .description('find your mail servers, check everything, and write replyd.yaml and .env')
    .option('-a, --address <address>', 'address that replyd answers for')
    .option('--imap <host:port>', 'IMAP server, if it is not found or another is wanted')
    .option('--smtp <host:port>', 'SMTP server')
    .option('--user <name>', 'login name, if it is not the address')
    .option('--client-id <id>', 'client id of your application for OAuth2')
    .option('--ca <file>', 'certificate of the private authority of your mail servers (PEM)')
    .option('--model <name>', 'model that reads and writes')
    .option('--base-url <url>', 'address of the model, up to /v1, if it is not at OpenAI')
    .option('--folder <folder>', 'where the files go', '.')
    .option('-y, --yes', 'ask nothing: secrets come from the variables below')
    .option('--force', 'rewrite replyd.yaml (the old one is kept as replyd.yaml.old)')
    .option('--fresh', 'forget the answers of an init that was stopped')
    .option('--no-check', 'do not check what was found')
    .addHelpText('after', initVariables)
    .action(async (options) => end(await (await import('./init.ts')).init(options, terminal)))
  program
    .command('auth')
    .description('sign in with the provider of an account that uses OAuth2')
    .argument('[account]', 'address of the account; not needed when there is only one')
    .addOption(configOption())
    .option('--device', 'show a code to enter on any other device')
    .option('--browser', 'sign in with a browser on this machine, or paste the address at which it ends up')
    .action(async (account, options) =>
      end(await (await import('./auth.ts')).auth(account, options, terminal)),
    )
}

const collect = (value: string, values: string[]): string[] => [...values, value]

function addOfflineCommands(program: Command, terminal: Terminal, end: End): void {
  program
    .command('explain')
    .description(
      'say what the rules decide about saved mails (.eml files or folders of them; - is standard input), offline; for a mail that replyd has: replyd mails show ID',
    )
    .argument('[file...]', 'raw mails or folders')
    .option('-a, --address <address>', 'whose mailbox it is (default: guessed from the header)')
    .option('--alias <address>', 'another address of the mailbox; may be repeated', collect, [])
    .option(
      '--authserv-id <id>',
      'name under which its server writes Authentication-Results; may be repeated, empty for Microsoft 365',
      collect,
      [],
    )
    .option('--cases <file>', 'check the cases of a JSON Lines file; exit status 1 if any differs')
    .addOption(jsonOption('print one JSON object per line'))
    .action(async (files, options) =>
      end(await (await import('./explain.ts')).explain(files, options, terminal)),
    )
  program
    .command('config')
    .description('print the configuration as replyd understands it, ready to be used again, without secrets')
    .addOption(configOption())
    .addOption(jsonOption('print JSON'))
    .action(async (options) => end(await (await import('./settings.ts')).showConfig(options, terminal)))
  program
    .command('password')
    .description(
      'read a password for the web pages from standard input and print its hash for web.passwordHash',
    )
    .addOption(jsonOption('print one JSON object'))
    .action(async (options) => end(await (await import('./password.ts')).password(options, terminal)))
}

interface DemoFlags {
  exit?: boolean
  json?: boolean
}

export async function demo(options: DemoFlags, terminal: Terminal): Promise<ExitStatus> {
  const { environment, stdout, stderr } = terminal
  // Loading and the first start take a moment.
  if (!options.json) stdout.write('Starting the daemon, a mailbox and a database on this machine …\n\n')
  let ready = (): void => undefined
  const opened = new Promise<void>((resolve) => {
    ready = resolve
  })
  void waiting(opened, 'opening the database', options.json ? undefined : terminal)
  const { runDemo } = await import('../demo/demo.ts')
  const said = { exit: options.exit === true, json: options.json === true, replyd: calledAs(environment) }
  await runDemo({ ...said, environment, stdout, stderr, onReady: () => ready() }).finally(() => ready())
  return 0
}
