// Writes the name into a cookie of this site.

export default function ({ data }) {
  const seconds = data.name ? 365 * 24 * 3600 : 0;
  document.cookie = `${data.cookie}=${encodeURIComponent(data.name)}; Path=/; SameSite=Strict; Max-Age=${seconds}`;
}
