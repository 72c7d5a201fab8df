// Declares a command: arguments, options, help, and the function that runs it.
import { Argument, type Command } from 'commander';
import {
  type ChoicesOf,
  flag,
  type OptionTable,
  option,
  type SettledOf,
  withDefaults,
} from '../base/option.ts';
import { addOptions } from './options.ts';
import { type Output, openOutput } from './output.ts';

/** Usage (`<model>`, `[model]` or `<image...>`), help, and the values to choose from if only some are valid. */
type ArgumentRow = readonly [usage: string, help: string, choices?: readonly string[]];

type ArgumentValue<Row extends ArgumentRow> = Row extends readonly [string, string, readonly (infer Choice)[]]
  ? Choice
  : Row[0] extends `${string}...>`
    ? readonly string[]
    : Row[0] extends `[${string}`
      ? string | undefined
      : string;

type ArgumentValues<A extends readonly ArgumentRow[]> = { [I in keyof A]: ArgumentValue<A[I]> };

interface CommandDeclaration<A extends readonly ArgumentRow[], T extends OptionTable, D extends OptionTable> {
  readonly arguments?: A;
  /** All options but --json, which every command has. */
  readonly options?: T;
  /** Rows of `options` whose defaults are filled in (default: all). */
  readonly settled?: D;
  /** What follows the options in `--help`. */
  readonly help: string;
  /** Adds options that no table has. */
  readonly extend?: (command: Command) => void;
  /** Runs the command with its options, where to write, and its arguments. */
  run(options: ChoicesOf<T> & SettledOf<D>, output: Output, ...values: ArgumentValues<A>): unknown;
}

const jsonOption = {
  json: option(flag, 'JSON', 'print one JSON document'),
} as const satisfies OptionTable;

/** @returns a function that configures a command of Commander as declared */
export function defineCommand<
  const A extends readonly ArgumentRow[] = [],
  const T extends OptionTable = Record<never, never>,
  const D extends OptionTable = T,
>(declaration: CommandDeclaration<A, T, D>): (command: Command) => void {
  const { arguments: rows = [], options = {}, settled = options, help, extend } = declaration;
  return (command) => {
    for (const [usage, text, choices] of rows) {
      const argument = new Argument(usage, text);
      command.addArgument(choices ? argument.choices(choices) : argument);
    }
    addOptions(command, { ...options, ...jsonOption }).addHelpText('after', help);
    extend?.(command);
    // Commander passes the arguments, then the options; their types are those of the declaration.
    command.action(async (...passed: unknown[]) => {
      const { json, ...given } = passed[rows.length] as { json?: boolean };
      const values = passed.slice(0, rows.length) as ArgumentValues<A>;
      const chosen = withDefaults(settled, given) as ChoicesOf<T> & SettledOf<D>;
      await declaration.run(chosen, openOutput(json), ...values);
    });
  };
}
