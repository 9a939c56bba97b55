// Signing in as a person does it in the browser: with a code at the real provider, through Rucio, with a certificate.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { instanceOf } from '../support/instance.ts';
import { makeCertificate } from '../support/lake/certificates.ts';
import { secure } from '../support/lake/client.ts';
import { visit } from '../support/lake/visit.ts';
import { type Desk, openDesk } from '../support/host/desk.ts';
import { explore, openExplore, UI } from '../support/host/journey.ts';

describe('ways of signing in', () => {
  let desk: Desk;
  before(async () => {
    desk = await openDesk({ instances: (lake) => [{ ...instanceOf(lake), oidc_issuer: lake.idp.issuer, oidc_client_id: lake.idp.clients.public }] });
    await openExplore(desk.workbench);
  });
  after(() => desk?.close());

  const signedIn = (how: string) => desk.workbench.until(`the window says: signed in ${how}`, async () => (await desk.workbench.statusBar()).some((item) => item.includes('as alice') && item.includes(how)));
  /** Nothing is left on the screen that waits. */
  const nothingWaits = () => desk.workbench.until('nothing waits any more', async () => (await desk.workbench.notifications()).every((text) => !text.includes('Waiting')));
  /** Where the sign-in is kept is said once, whenever that is. */
  const told = (text: string): boolean => !text.includes('Your sign-in is kept');
  /** The institute's page comes first, unless it was not the way of the last time. */
  async function choose(method: string, { asked = true } = {}): Promise<void> {
    await desk.workbench.runCommand(UI.signIn);
    if (asked) await desk.workbench.dialog('Another Way…');
    await desk.workbench.pick(method);
  }

  it('in two clicks: with a code, copied, the page opened, the code entered there', async () => {
    const { workbench, lake } = desk;
    await (await explore(workbench).find('Sign In…')).click();
    const [code = ''] = /[A-Z]{4}-[A-Z]{4}/.exec(await workbench.dialog('Copy & Open')) ?? [];
    assert.notEqual(code, '');
    // The editor asks before it opens an address that it does not know.
    const [page] = await Promise.all([workbench.page.context().waitForEvent('page'), workbench.dialog('Open')]);
    // The provider's page hands the code on to its next one; a page that is closed under way never says that it is.
    await page.getByText(code).first().waitFor();
    await page.close();
    assert.equal(await workbench.clipboard(), code);
    assert.match(await workbench.notification('Waiting'), new RegExp(`Test Lake: Waiting until you have entered the code ${code} at lake\\.test`));
    assert.equal((await secure(lake, `${lake.idp.approve}?user_code=${code}&login=alice`)).status, 200);
    await signedIn('in the browser');
    await nothingWaits();
    await explore(workbench).expand('Test Lake');
  });

  it('given up: cancelled in the window, and nothing is said to be wrong', async () => {
    const { workbench } = desk;
    await workbench.runCommand(UI.signIn);
    await workbench.dialog('Copy Link');
    await workbench.notification('Waiting');
    await workbench.answerNotification('Waiting', 'Cancel');
    await nothingWaits();
    assert.deepEqual((await workbench.notifications()).filter(told), []);
    await choose('Browser with a code');
    await workbench.dialog('Cancel');
    await workbench.page.waitForTimeout(1000);
    assert.deepEqual((await workbench.notifications()).filter(told), []);
  });

  it('through Rucio, by the address it gives', async () => {
    const { workbench, lake } = desk;
    await choose('through Rucio');
    await workbench.dialog('Copy Link');
    await workbench.notification('Waiting');
    const address = await workbench.clipboard();
    assert.equal(new URL(address).origin, lake.rucio.https);
    await visit(lake, address);
    await signedIn('in the browser');
    await nothingWaits();
  });

  it('with a certificate whose key is encrypted', async () => {
    const { workbench, lake, folder } = desk;
    const { cert, key } = await makeCertificate(folder, 'alice', { subject: lake.accounts.alice.x509!.dn, passphrase: 'the right one', lake });
    await choose('Certificate…', { asked: false });
    await workbench.enterAt('File of your certificate', cert);
    await workbench.until('the key beside it is offered', async () => (await workbench.prompt()).includes('File of its key') && await workbench.typed() === key);
    await workbench.page.keyboard.press('Enter');
    await workbench.enterAt(`Passphrase of the key ${key}`, 'a wrong one');
    await workbench.enterAt(`That is not the passphrase of the key ${key}`, 'the right one');
    await signedIn('with a certificate');
  });

  it('stands in the Accounts menu, and signing out there is our Sign Out', async () => {
    const { workbench } = desk;
    const { page } = workbench;
    const accounts = page.locator('.activitybar .action-label[aria-label^="Accounts"]');
    await accounts.click();
    const entry = workbench.menu().filter({ hasText: 'alice @ Test Lake, until ' }).first();
    await entry.waitFor();
    assert.match(await entry.innerText(), /alice @ Test Lake, until .*\d\d:\d\d \S+ \(Rucio\)/);
    await entry.hover();
    await workbench.menu().filter({ hasText: 'Sign Out' }).first().waitFor();
    await workbench.screenshot('accounts-menu');
    await workbench.chooseFromMenu('Sign Out');
    assert.match(await workbench.dialog('Sign Out'), /alice @ Test Lake/);
    await workbench.notification('Signed out of Test Lake (alice)');
    await explore(workbench).find('Sign In…');
    await accounts.click();
    await workbench.menu().first().waitFor();
    assert.equal(await workbench.menu().filter({ hasText: 'Test Lake' }).count(), 0);
    await page.keyboard.press('Escape');
  });

  it('left nothing in the console', () => {
    assert.deepEqual(desk.workbench.window.errors, []);
  });
});

describe('signed in with tokens that end soon', () => {
  let desk: Desk;
  before(async () => {
    desk = await openDesk({ instances: (lake) => [{ ...instanceOf(lake), oidc_issuer: lake.idp.issuer, oidc_client_id: lake.idp.clients.brief }] });
    await openExplore(desk.workbench);
  });
  after(() => desk?.close());

  it('the token dies, also while nobody looks; the person notices nothing', async () => {
    const { workbench, lake } = desk;
    await workbench.runCommand(UI.signIn);
    const [code = ''] = /[A-Z]{4}-[A-Z]{4}/.exec(await workbench.dialog('Copy Link')) ?? [];
    assert.equal((await secure(lake, `${lake.idp.approve}?user_code=${code}&login=alice`)).status, 200);
    const tree = explore(workbench);
    await tree.expand('Test Lake');
    await tree.expand(UI.myScopes);
    await tree.find('user.alice');
    // A token of this client lives 12 seconds; renewed twice at least, once of them with the window closed.
    await workbench.page.waitForTimeout(14_000);
    await tree.expand('user.alice');
    await workbench.page.waitForTimeout(13_000);
    await workbench.reload();
    const again = await openExplore(workbench);
    await again.expand(UI.allScopes);
    await again.find('astro');
    assert.match(await again.spoken('Test Lake'), /signed in as alice/);
    assert.deepEqual([await workbench.offered(), (await workbench.notifications()).filter((text) => !text.includes('Your sign-in is kept'))], [[], []]);
  });

  it('who has several accounts chooses one, and is taken for that', async () => {
    const { workbench, lake } = desk;
    await workbench.runCommand(UI.signIn);
    await workbench.dialog('Another Way…');
    await workbench.pick('through Rucio');
    const page = async (): Promise<void> => {
      await workbench.dialog('Copy Link');
      await workbench.notification('Waiting');
      await visit(lake, await workbench.clipboard(), 'shared');
    };
    await page();
    await workbench.until('the accounts are offered', async () => (await workbench.offered()).join().includes('bob'));
    await workbench.screenshot('several-accounts');
    await workbench.pick('bob');
    if (!(await workbench.statusBar()).some((item) => item.includes('as bob'))) await page().catch(() => undefined);
    await workbench.until('signed in as bob', async () => (await explore(workbench).description('Test Lake')) === 'bob');
    assert.deepEqual(desk.workbench.window.errors, []);
  });
});
