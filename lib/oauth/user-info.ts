/** The user's data as Freedom ID sends them. */
export interface FreedomIdUserInfo {
  /** The body as it came. */
  raw: string;
  /** The body, parsed. */
  json: Record<string, unknown>;
}
