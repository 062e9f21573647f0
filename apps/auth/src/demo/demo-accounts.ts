import type { Account } from '../accounts/account.js';

export const DEMO_PASSWORD = 'countersign-demo';

export const DEMO_ACCOUNTS: readonly Account[] = [
  {
    id: '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0001',
    email: 'customer@example.com',
    emailVerified: true,
    name: 'Carla Customer',
    roles: ['customer'],
  },
  {
    id: '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0002',
    email: 'customer2@example.com',
    emailVerified: true,
    name: 'Otto Other',
    roles: ['customer'],
  },
  {
    id: '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0003',
    email: 'merchant@example.com',
    emailVerified: true,
    name: 'Mira Merchant',
    roles: ['merchant'],
  },
  {
    id: '6f1c2a54-0f3b-4d0e-9a57-1d0b1c7e0004',
    email: 'admin@example.com',
    emailVerified: true,
    name: 'Ada Admin',
    roles: ['admin'],
  },
];
