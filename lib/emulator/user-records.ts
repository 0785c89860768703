import { randomUUID } from 'node:crypto';
import { date, email, fieldProblems, pattern, type Rule, refuseProblems, text, uuid } from './fields';
import { type Problem, ProtocolError } from './protocol-error';
import type { EmulatorUser } from './users';

/** Protocol 9. */
const FIELDS: Record<string, Rule> = {
  phone: pattern(/^\+\d{10,15}$/, 'a + and 10 to 15 digits'),
  email,
  firstname: text,
  lastname: text,
  identifier: text,
  nationality: text,
  date_of_birth: date,
  country: pattern(/^[A-Z]{3}$/, 'three capitals'),
  gender: pattern(/^[MF]$/, 'M or F'),
};

/** The users' records, as apps create and change them. Fields that protocol 9 does not name are ignored. */
export class UserRecords {
  /** @param users - new users are added to this list, and a record that changes stays the same object */
  constructor(private readonly users: EmulatorUser[]) {}

  /** @throws ProtocolError that names each field that is wrong */
  create(request: Record<string, unknown>): EmulatorUser {
    refuseProblems([...fieldProblems(request, FIELDS, ['phone']), ...this.phoneProblems(request)]);
    const user = { freedom_id: randomUUID(), ...documented(request) };
    this.users.push(user);
    return user;
  }

  /** @throws ProtocolError that names each field that is wrong */
  update(request: Record<string, unknown>): EmulatorUser {
    const problems = fieldProblems(request, { freedom_id: uuid, ...FIELDS }, ['freedom_id']);
    const user = this.users.find((one) => one.freedom_id === request.freedom_id);
    refuseProblems([...problems, ...this.phoneProblems(request, user)]);
    if (user) return Object.assign(user, documented(request));
    const message = 'The selected freedom id is invalid.';
    throw ProtocolError.validation([
      { field: 'freedom_id', message, why: 'there is no user with this freedom_id' },
    ]);
  }

  /** Undocumented. Users sign in with their phone number, so two users cannot have the same one. */
  private phoneProblems({ phone }: Record<string, unknown>, owner?: EmulatorUser): Problem[] {
    const taken = typeof phone === 'string' && this.users.some((one) => one !== owner && one.phone === phone);
    return taken
      ? [{ field: 'phone', message: 'The phone has already been taken.', why: "phone is another user's" }]
      : [];
  }
}

function documented(request: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(request).filter(([field]) => Object.hasOwn(FIELDS, field)));
}
