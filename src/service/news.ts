// News for one client. A client that is going away misses them, and nothing with them: its close ends the work for it.

/** Sending throws at once or later when the connection is gone; neither may end what the service does for the others. */
export async function tell(send: () => Promise<void>): Promise<void> {
  try {
    await send();
  } catch {
    return; // see above
  }
}
