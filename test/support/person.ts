import { PASSWORD } from './demo-web-client.ts';
import { UserAgent, type Stop } from './user-agent.ts';

/** Someone with a demo account and a browser, sent to the issuer by an application. */
export class Person {
  private readonly email: string;
  private readonly agent: UserAgent;

  constructor(issuer: string, email = 'customer@example.com') {
    this.email = email;
    this.agent = new UserAgent(issuer);
  }

  /** Logs in and consents. @returns the authorization response: the address that the browser was sent back to */
  async approve(authorizationUrl: URL): Promise<URL> {
    return (await this.logInAndConsent(await this.agent.open(authorizationUrl))).url;
  }

  /** Types the code that a device shows, confirms, logs in and consents (RFC 8628 §3.3). @returns the last page */
  async connectDevice(verificationUri: URL, userCode: string): Promise<Stop> {
    const confirmation = await this.agent.submit(await this.agent.open(verificationUri), '/device', {
      user_code: userCode,
    });
    return this.logInAndConsent(await this.agent.submit(confirmation, '/device', { confirm: 'yes' }));
  }

  /** Logs out at the issuer's page. @returns where the browser stopped */
  async logOut(endSessionUrl: URL): Promise<Stop> {
    return this.agent.submit(await this.agent.open(endSessionUrl), '/logout/confirm', { logout: 'yes' });
  }

  /** Opens an address of the issuer. @returns where the browser stopped */
  visit(url: URL): Promise<Stop> {
    return this.agent.open(url);
  }

  private async logInAndConsent(loginPage: Stop): Promise<Stop> {
    const consentPage = await this.agent.submit(loginPage, '/login', {
      email: this.email,
      password: PASSWORD,
    });
    return this.agent.submit(consentPage, '/consent', { consent: 'allow' });
  }
}
