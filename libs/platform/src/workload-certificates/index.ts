export { CertificateAuthority, type PemPair } from './certificate-authority.js';
export { ensureDevelopmentCertificates, type CertificateFiles } from './development-certificates.js';
export {
  assertDevelopmentCertificatesAllowed,
  developmentAuthority,
  workloadCertificateFiles,
  workloadSettings,
} from './workload-settings.js';
