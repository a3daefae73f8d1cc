/** A flag that somebody waits for: set from the capture threads' callbacks and the retry timers. */
export function createBell(): { ring(): void; wait(ms: number): Promise<boolean> } {
  let rung = false;
  let answer: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      answer?.();
    },
    wait(ms) {
      return new Promise((resolve) => {
        const finish = (): void => {
          clearTimeout(timer);
          answer = undefined;
          const heard = rung;
          rung = false;
          resolve(heard);
        };
        const timer = setTimeout(finish, ms);
        answer = finish;
        if (rung) finish();
      });
    },
  };
}
