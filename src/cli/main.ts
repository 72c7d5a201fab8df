// The command line: one program of commands, one place where errors become messages and exit statuses.
import { Command, CommanderError } from 'commander';
import { setAudience } from '../system/notices.ts';
import { benchCommand } from './commands/bench.ts';
import { dataCommand } from './commands/data.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { edgesCommand } from './commands/edges.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { experimentCommand } from './commands/experiment.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { inspectCommand } from './commands/inspect.ts';
import { rateCommand } from './commands/lr-find.ts';
import { modelsCommand } from './commands/models.ts';
import { predictCommand } from './commands/predict.ts';
import { reportCommand } from './commands/report.ts';
import { shiftCommand } from './commands/shift.ts';
import { summaryCommand } from './commands/summary.ts';
import { trainCommand } from './commands/train.ts';
import { verifyCommand } from './commands/verify.ts';
import { exitStatus, reportError } from './failure.ts';
import { NoticeView } from './notice-view.ts';
import { watchOutput, writeText } from './terminal.ts';
import { packageVersion } from './version.ts';

const commands = [
  demoCommand,
  dataCommand,
  modelsCommand,
  summaryCommand,
  trainCommand,
  rateCommand,
  experimentCommand,
  evaluateCommand,
  reportCommand,
  predictCommand,
  importCommand,
  exportCommand,
  inspectCommand,
  edgesCommand,
  shiftCommand,
  verifyCommand,
  benchCommand,
  doctorCommand,
];

/** Runs one command. @param args what follows the program's name */
export async function main(args: readonly string[]): Promise<void> {
  watchOutput();
  setAudience(new NoticeView());
  try {
    await createProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    // Commander has written its own message before it throws.
    if (!(error instanceof CommanderError)) reportError(error);
    process.exitCode = exitStatus(error);
  }
}

function createProgram(): Command {
  const program = new Command('fovea')
    .description(
      'Convolutional image classification: build, train, evaluate and look inside the classic networks.',
    )
    .version(packageVersion())
    .addHelpText('after', '\nBegin with `fovea demo`. Help on a command: `fovea train --help`.')
    .showHelpAfterError('Add --help for usage.')
    .configureOutput({
      writeOut: (text) => writeText('stdout', text),
      writeErr: (text) => writeText('stderr', text),
    })
    .exitOverride();
  for (const make of commands) program.addCommand(make().copyInheritedSettings(program));
  return program;
}
