import type { RateLimiterMemory } from 'rate-limiter-flexible';
import { errors, Provider, type Configuration } from 'oidc-provider';
import { clientAddress } from '../client-address/client-address.js';
import { networkOf } from '../client-address/network.js';
import { renderDevicePage, renderConfirmPage, renderDeviceSuccessPage } from './device-pages.js';
import type { FailureThrottle } from './throttle.js';

type DeviceFlowFeature = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>;

/** RFC 8628: a device without a keyboard shows a code, which the person types in elsewhere. */
export const deviceFlow: DeviceFlowFeature = {
  enabled: true,
  charset: 'base-20',
  mask: '****-****',
  // Nothing: an address or a user agent would be stored, and tells nobody which device it is.
  deviceInfo: () => ({}),
  userCodeInputSource: renderDevicePage,
  userCodeConfirmSource: renderConfirmPage,
  successSource: renderDeviceSuccessPage,
};

/** Bounds the guessing of user codes (RFC 8628 §5.1), by the address that guesses. */
export function throttleUserCodes({ DeviceCode }: Provider, throttle: FailureThrottle): void {
  const findByUserCode = Reflect.get(DeviceCode, 'findByUserCode');
  Reflect.set(DeviceCode, 'findByUserCode', async (...args: readonly unknown[]) => {
    const { ctx } = Provider;
    if (ctx === undefined) throw new TypeError('a person types a code within a request');
    const address = networkOf(clientAddress(ctx.req));
    return throttle.attempt<unknown>(ctx, address, () => Reflect.apply(findByUserCode, DeviceCode, args));
  });
}

/** Slows devices down that ask more often than they may (RFC 8628 §3.5); counted at each replica. */
export function throttlePolling({ DeviceCode }: Provider, polls: RateLimiterMemory): void {
  const find = Reflect.get(DeviceCode, 'find');
  Reflect.set(DeviceCode, 'find', async (...args: readonly unknown[]) => {
    const code: InstanceType<Provider['DeviceCode']> | undefined = await Reflect.apply(
      find,
      DeviceCode,
      args,
    );
    const isPoll = Provider.ctx?.oidc.route === 'token';
    const isPending = code !== undefined && !code.isExpired && !code.accountId && !code.error;
    if (isPoll && isPending) {
      const { consumedPoints } = await polls.penalty(code.jti);
      if (consumedPoints > 1) throw new errors.SlowDown();
    }
    return code;
  });
}
