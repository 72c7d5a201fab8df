// The part of `AbortSignal` that is used; programs have that type only with the types of Node or of browsers.

/** Asks work to stop: any `AbortSignal` does. */
export interface StopSignal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}
