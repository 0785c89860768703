/** A user, with the fields that get-data gives (protocol 7). The grants decide which of them a client gets. */
export interface EmulatorUser {
  /** The user's id. */
  freedom_id: string;
  /** Given name. */
  firstname?: string | null;
  /** Family name. */
  lastname?: string | null;
  /** Patronymic. */
  patronymic?: string | null;
  /** Date of birth, `YYYY-MM-DD`. */
  date_of_birth?: string | null;
  /** E-mail address. */
  email?: string | null;
  /** More e-mail addresses. Their shape is not documented. */
  emails?: unknown;
  /** Phone number. */
  phone?: string | null;
  /** More phone numbers. Their shape is not documented. */
  phones?: unknown;
  /** `M` or `F`. */
  gender?: 'M' | 'F' | null;
  /** Country. */
  country?: string | null;
  /** Nationality. */
  nationality?: string | null;
  /** Identifier. Its meaning is not documented. */
  identifier?: string | null;
  /** Bank cards. Their shape is not documented. */
  cards?: unknown;
  /** Any other field. */
  [field: string]: unknown;
}

/** The user's name, for a person to read. */
export function nameOf({ firstname, lastname }: EmulatorUser): string {
  return [firstname, lastname].filter((part) => typeof part === 'string').join(' ') || 'No name';
}

/** @param as - the user's `freedom_id`, or their index in the list */
export function findUser(users: readonly EmulatorUser[], as: unknown): EmulatorUser | undefined {
  return typeof as === 'number' ? users[as] : users.find((one) => one.freedom_id === as);
}

/** The fields that are shared with an app: those that it has the grants for, and that the record has. */
export function sharedFields(user: EmulatorUser, grants: readonly string[]): Record<string, unknown> {
  const shared = new Set(grants.map((grant) => grant.replace(/^read\./, '')));
  return Object.fromEntries(Object.entries(user).filter(([field]) => shared.has(field)));
}

/** Invented people. Each record has something that apps often handle wrong. */
export const sampleUsers: readonly EmulatorUser[] = [
  {
    freedom_id: '5f0c3d1e-6b7a-4c52-9a8e-2d1f4b6c7e01',
    firstname: 'Әсел',
    lastname: 'Құнанбаева',
    patronymic: 'Нұрланқызы',
    date_of_birth: '1996-03-22',
    email: 'asel@example.kz',
    phone: '+77010000001',
    gender: 'F',
    country: 'KAZ',
  },
  {
    freedom_id: '5f0c3d1e-6b7a-4c52-9a8e-2d1f4b6c7e02',
    firstname: 'Madonna',
    email: 'madonna@example.com',
  },
  {
    freedom_id: '5f0c3d1e-6b7a-4c52-9a8e-2d1f4b6c7e03',
    firstname: 'John',
    lastname: 'Doe',
    patronymic: 'Robert',
    date_of_birth: '2000-01-31',
    email: 'john.doe@example.com',
    emails: ['john.doe@example.com', 'jd@work.example'],
    phone: '+77010000003',
    phones: ['+77010000003', '+77470000003'],
    gender: 'M',
    country: 'KAZ',
    nationality: 'KAZ',
    identifier: '000131500003',
    cards: [{ id: 'card-1', mask: '4400 43** **** 0003' }],
  },
];
