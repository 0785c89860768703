import { requireSignal, untilAborted } from './until-aborted';

/** Calls under way, by what they are for: who asks for the same while one is under way gets its result. */
export class SharedCalls<Result> {
  readonly #underWay = new Map<string, SharedCall<Result>>();

  /**
   * @param start - makes the call, if none is under way. It is given up when everybody who waits for it has given up
   * @param signal - of this caller alone
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
    // Before anybody hears of the result: who then asks again, after a failure perhaps, gets a new call.
    result.then(forget, forget);
    return call;
  }
}

interface SharedCall<Result> {
  result: Promise<Result>;
  /** How many callers have neither a result nor given up. */
  waiting: number;
  /** Without an effect once the result is there. */
  giveUp(): void;
}
