/** The samples of one metric of a process, by their label sets as they are written: `{reason="accepted"}`. */
export async function readMetric(
  managementPort: number,
  name: string,
): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`http://127.0.0.1:${managementPort}/metrics`);
  const lines = (await response.text()).matchAll(new RegExp(`^${name}(\\{.*\\})? (\\S+)$`, 'gm'));
  return Object.fromEntries([...lines].map(([, labels = '', value]) => [labels, Number(value)]));
}
