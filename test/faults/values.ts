import { CLIENT_ID, CLIENT_SECRET } from '../support/options';

export const CODE = 'C0de-of-one-login';
export const BASIC = Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64');
export const ACCESS_TOKEN = 'Acc3ss-token';
export const REFRESH_TOKEN = 'R3fresh-token';

// Each right answer has a letter of two bytes: decoding the body chunk by chunk may break it.
export const TOKEN_ID = 'Token-Ә';
export const FIRST_NAME = 'Әсел';

export const USER_ID = 'User-1';
export const BIRTHDAY = '2000-01-01';
