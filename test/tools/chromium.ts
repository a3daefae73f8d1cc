/** How Debian's chromium is started for a test: as root in a container, with no talk of its own. */
import { HANG_MS } from '../hang.ts';

export const CHROMIUM = {
  timeout: HANG_MS,
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
};
