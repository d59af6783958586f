/**
 * What our middleware needs of the SDK's clients, which all have it. Types only.
 *
 * @module
 */

/** Any of the SDK's clients: each has types of its own for the functions around its calls. */
export interface SdkClient {
  middlewareStack: {
    // deno-lint-ignore no-explicit-any
    add(middleware: any, options: any): void;
    // deno-lint-ignore no-explicit-any
    addRelativeTo(middleware: any, options: any): void;
  };
}

/** Where a client's request goes. */
export interface SdkRequest {
  protocol: string;
  hostname: string;
  port?: number;
}
