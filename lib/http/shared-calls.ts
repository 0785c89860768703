import { requireSignal, untilAborted } from './until-aborted';

/** Calls under way, by key: all who ask for the same key while its call is under way share the result. */
export class SharedCalls<Result> {
  readonly #underWay = new Map<string, SharedCall<Result>>();

  /**
   * @param start - makes the call, if none is under way. Its signal aborts when all callers have given up
   * @param signal - when it aborts, only this caller gives up
   */
  async join(
    key: string,
    start: (signal: AbortSignal) => Promise<Result>,
    signal: AbortSignal | undefined,
  ): Promise<Result> {
    requireSignal(signal);
    signal?.throwIfAborted();
    const call = this.#underWay.get(key) ?? this.#begin(key, start);
    call.waiting += 1;
    try {
      return await untilAborted(call.result, signal);
    } finally {
      call.waiting -= 1;
      if (call.waiting === 0) call.giveUp();
    }
  }

  #begin(key: string, start: (signal: AbortSignal) => Promise<Result>): SharedCall<Result> {
    const controller = new AbortController();
    const result = start(controller.signal);
    const forget = () => {
      if (this.#underWay.get(key) === call) this.#underWay.delete(key);
    };
    const giveUp = () => {
      forget();
      controller.abort();
    };
    const call = { result, waiting: 0, giveUp };
    this.#underWay.set(key, call);
    // Runs before the callers get the result: one who asks again, for example after a failure, gets a new call.
    result.then(forget, forget);
    return call;
  }
}

interface SharedCall<Result> {
  result: Promise<Result>;
  /** How many callers still wait. */
  waiting: number;
  /** Has no effect once the result is there. */
  giveUp(): void;
}
