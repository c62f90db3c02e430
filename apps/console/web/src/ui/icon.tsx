/** Line icons of 16 units, drawn with the colour of the text around them. */
const PATHS = {
  overview: 'M2 9h4V2H2zM10 14h4V7h-4zM2 14h4v-2H2zM10 4h4V2h-4z',
  orders: 'M3 2h10v12l-2-1.3L9 14l-2-1.3L5 14l-2-1.3zM5.5 6h5M5.5 9h5',
  sagas: 'M3 3h4v4H3zM9 9h4v4H9zM7 5h4v4',
  parked: 'M8 2l6.5 11.5h-13zM8 6.5v3M8 11.6v.2',
  topics: 'M2 4h12M2 8h12M2 12h12M5 2.5v3M11 6.5v3M7 10.5v3',
  groups:
    'M5.5 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM2 13c0-2.2 1.6-3.6 3.5-3.6S9 10.800 9 13M10.500 7.500a1.700 1.700 0 1 0 0-3.400M11 9.600c1.700.2 3 1.500 3 3.400',
  projections: 'M2 13V3M2 13h12M5 10.500l3-3.500 2 1.500 3.500-5',
  simulators: 'M3 4h4M11 4h2M3 8h1M8 8h5M3 12h6M13 12h.2M9 2.500v3M6 6.500v3M11 10.500v3',
  processes: 'M2.500 3h11v7h-11zM6 13.500h4M8 10v3.500M5 6.500h1.500l1-1.500 1.500 3 1-1.500H11',
  traces: 'M2 3.500h6M4 6.500h7M6 9.500h4M8 12.500h6',
  analytics: 'M2 13.500h12M4 11V7M8 11V3M12 11V5.500',
  audit: 'M4 2h6l3 3v9H4zM6.500 9l1.500 1.500 2.500-3',
  mail: 'M2 4h12v8.500H2zM2 4.500l6 4.500 6-4.500',
  campaigns: 'M2 6.500v3h2.500L11 13V3L4.500 6.500zM13 6.500c.8.9.8 2.100 0 3M5 9.500l1 4h2l-.8-2.600',
  subscriptions: 'M4 11.500V7a4 4 0 0 1 8 0v4.500l1 1H3zM6.800 14.200h2.400',
  copy: 'M5 5h8v9H5zM3 11V2h8',
  check: 'M3 8.500l3.500 3.500L13 4.500',
  menu: 'M2 4h12M2 8h12M2 12h12',
  close: 'M3.500 3.500l9 9M12.500 3.500l-9 9',
  plus: 'M8 3v10M3 8h10',
  repeat: 'M3 8a5 5 0 0 1 9-3M13 8a5 5 0 0 1-9 3M12 2v3H9M4 14v-3h3',
} as const
export type IconName = keyof typeof PATHS

export const Icon = ({ name }: { name: IconName }) => (
  <svg
    viewBox="0 0 16 16"
    aria-hidden="true"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.4"
    strokeLinejoin="round"
    strokeLinecap="round"
    width="16"
    height="16"
  >
    <path d={PATHS[name]} />
  </svg>
)
