let loading: Promise<ReadonlySet<string>> | undefined;

/**
 * Passwords that people chose before and attackers try first, in lower case: the list of zxcvbn. It is loaded when the
 * first password is chosen, since most processes never see that.
 */
export function commonPasswords(): Promise<ReadonlySet<string>> {
  loading ??= import('@zxcvbn-ts/language-common').then(
    ({ dictionary }) => new Set(dictionary['passwords-common']),
  );
  return loading;
}
