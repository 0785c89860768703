/** A user's whole record, as get-data gives it. The grants decide which fields a client sees. */
export interface EmulatorUser {
  freedom_id: string;
  firstname?: string | null;
  lastname?: string | null;
  patronymic?: string | null;
  date_of_birth?: string | null;
  email?: string | null;
  emails?: unknown;
  phone?: string | null;
  phones?: unknown;
  gender?: 'M' | 'F' | null;
  country?: string | null;
  nationality?: string | null;
  identifier?: string | null;
  cards?: unknown;
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
