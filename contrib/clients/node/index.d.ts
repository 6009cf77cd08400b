export interface Address {
  name: string;
  address: string;
}

export interface Recipient {
  address: string;
  params: string;
  reply: string;
  fault: string;
}

/** What a list says of a message. */
export interface Message {
  id: string;
  seq: number;
  state: "accepted" | "refused" | "aborted";
  received: string;
  session: string;
  listener: string;
  inbox: string;
  peer: string;
  helo: string;
  user: string;
  mail_from: string;
  recipients: Recipient[];
  size: number;
  sha256: string;
  subject: string;
  from: Address[];
  to: Address[];
  cc: Address[];
  date: string | null;
  message_id: string;
  attachments: number;
  tags: string[];
  findings: number;
  reason: string;
}

/** All that is known of one. */
export interface FullMessage extends Omit<Message, "findings"> {
  text: string;
  html: string;
  headers: { name: string; raw: string; value: string }[];
  parts: object;
  findings: object[];
  [more: string]: unknown;
}

/** Did not match; `missed` has the terms that failed. */
export interface NearMiss extends Message {
  missed: string[];
}

export interface StartOptions {
  /** Options of "mailstop serve", such as "--auth=required". */
  options?: string[];
  /** The program; the variable MAILSTOP or "mailstop" in PATH by default. */
  program?: string;
}

export interface WaitOptions {
  /** How many messages; 1 by default. */
  count?: number;
  /** Seconds; 10 by default. */
  timeout?: number;
}

/** The mail did not come in time. */
export class MailTimeout extends Error {
  messages: Message[];
  near: NearMiss[];
}

/** What the server or the program said was wrong. */
export class MailstopError extends Error {}

/** A server, or a view of one: what came after `after`, to `inboxName`. */
export class Mailstop {
  constructor(
    url: string,
    where?: {
      smtpHost?: string;
      smtpPort?: number;
      after?: number;
      inboxName?: string;
    },
  );
  /** A private server on free ports, which ends when this process does. */
  static start(options?: StartOptions): Promise<Mailstop>;
  stop(): Promise<void>;

  readonly url: string;
  readonly smtpHost: string;
  readonly smtpPort: number;
  /** Whoever logs in with this name is heard by this view. */
  readonly user: string;

  /** The same from now on. */
  fresh(): Promise<Mailstop>;
  /** What came under that name, which an application logs in with. */
  inbox(name: string): Mailstop;

  /** Resolves when so many are there, oldest first; MailTimeout otherwise. */
  wait(query?: string, options?: WaitOptions): Promise<Message[]>;
  /** Reads and removes up to `count` at once: nobody else gets them. */
  take(query?: string, count?: number): Promise<Message[]>;
  /** Newest first. */
  messages(query?: string, limit?: number): Promise<Message[]>;
  message(id: string): Promise<FullMessage>;
  /** The exact bytes. */
  raw(id: string): Promise<Uint8Array>;
  /** Removes what this view shows (or what of it matches); how many. */
  clear(query?: string): Promise<number>;

  /** Makes the server fail on purpose; the rule's id. */
  addFault(rule: string): Promise<string>;
  removeFault(id: string): Promise<void>;
  clearFaults(): Promise<void>;
}
