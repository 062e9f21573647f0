export {
  ensureDevelopmentCertificates,
  type CertificateFiles,
} from './ensure-development-certificates.js';
