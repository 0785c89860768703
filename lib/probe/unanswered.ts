/** Why a question has no answer: the message is its evidence. */
export class Unanswered extends Error {
  /** @param advice - what the person can mend, as a sentence */
  constructor(
    message: string,
    readonly advice?: string,
  ) {
    super(message);
  }
}

export class ClientRefused extends Unanswered {
  constructor() {
    super(
      'the client id or its secret is refused',
      'Freedom ID refuses the client: check --client and FREEDOM_ID_CLIENT_SECRET.',
    );
  }
}
