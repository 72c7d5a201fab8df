// The command line: runs a command, and turns errors into messages and exit statuses.
import { Command, CommanderError } from 'commander';
import { setAudience } from '../system/notices.ts';
import { packageVersion } from '../system/version.ts';
import { commands } from './commands.ts';
import { exitStatus, reportError } from './failure.ts';
import { fitHelp } from './help-text.ts';
import { NoticeView } from './notice-view.ts';
import { watchOutput, writeText } from './terminal.ts';

/** Runs one command. @param args what follows the program's name */
export async function main(args: readonly string[]): Promise<void> {
  watchOutput();
  setAudience(new NoticeView());
  try {
    await createProgram().parseAsync(withHelpLast(args), { from: 'user' });
  } catch (error) {
    // Commander has written its own message before it throws.
    if (!(error instanceof CommanderError)) reportError(error);
    process.exitCode = exitStatus(error);
  }
}

/** `help train` as `train --help`: Commander would answer the former before the command's options are loaded. */
function withHelpLast(args: readonly string[]): readonly string[] {
  const [first, ...others] = args;
  return first === 'help' && others.length > 0 ? [...others, '--help'] : args;
}

function createProgram(): Command {
  const program = new Command('fovea')
    .description('Convolutional image classification: build, train, evaluate and explain networks.')
    .version(packageVersion())
    .addHelpText('after', '\nStart with `fovea demo`. Help on a command: `fovea train --help`.')
    .showHelpAfterError('Add --help for usage.')
    .configureOutput({
      writeOut: (text) => writeText('stdout', fitHelp(text)),
      writeErr: (text) => writeText('stderr', text),
    })
    .exitOverride();
  for (const [name, { summary }] of Object.entries(commands)) program.command(name).description(summary);
  return program.hook('preSubcommand', async (_program, command) => {
    (await commands[command.name()].load()).configure(command);
  });
}
