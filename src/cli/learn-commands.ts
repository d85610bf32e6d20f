import { type Command, Option } from 'commander'
import type { ExitStatus, Terminal } from './terminal.ts'

/** Registers `replyd teach` and `replyd learn`. */
export function addLearnCommands(
  program: Command,
  terminal: Terminal,
  end: (status: ExitStatus) => void,
): void {
  program
    .command('teach')
    .description(
      'what replies were missing; with a question and --fact, teach it, through the running daemon',
    )
    .argument('[question]', 'what was missing; becomes the heading')
    .option('-c, --config <file>', 'configuration file (default: replyd.yaml, else the environment)')
    .option('-a, --account <address>', 'only of this account; whose knowledge it becomes')
    .option('--fact <text>', 'the fact, in the words that a reply may use')
    .option('--gap <id>', 'the gap that it fills, from the list')
    .option('--confirm', 'what looks personal in it is about nobody')
    .option('--taught', 'list what was taught')
    .option('--undo <id>', 'take a taught fact back')
    .option('--offers', 'list what you added to drafts and the knowledge does not say')
    .option('--accept <id>', 'teach an offer; a question and --fact replace its words')
    .option('--decline <id>', 'do not offer it again')
    .option('--days <n>', 'how far back (default: 28)')
    .addOption(new Option('--json', 'print JSON'))
    .action(async (question, options) =>
      end(await (await import('./teach.ts')).teach(question, options, terminal)),
    )
}
