/**
 * The scripts that Redis runs, each as one: nothing comes between its parts, and Redis's own log has
 * its effects all or none. A writer's record `w:<id>` is a hash: `fence`, below which a commit of
 * this writer is no longer taken, and `done`, the last one that was stored.
 */

/** How long a writer's record is kept, in seconds: longer than any question about it is on its way. */
const WRITER_TTL_S = 86_400;

/** Whether this writer may still write, and the store stands where it was decided: '' is nowhere. */
const GUARD = `
local fence = redis.call('HGET', KEYS[3], 'fence')
if fence and tonumber(fence) > tonumber(ARGV[2]) then return {'fenced'} end
local meta = redis.call('GET', KEYS[1]) or ''
if meta ~= ARGV[1] then return {'conflict', meta} end
`;

const DONE = `
redis.call('HSET', KEYS[3], 'done', ARGV[4])
redis.call('EXPIRE', KEYS[3], ${WRITER_TTL_S})
redis.call('PUBLISH', ARGV[5], ARGV[4])
return {'stored'}
`;

/**
 * Events first: of all the writes only they could be refused half-way.
 * KEYS meta, history, writer, entities. ARGV: expected meta, fence, new meta, commit, channel,
 * events kept, number of events, (id, link, keys)…, (key, text or '' for deleted)…
 */
export const COMMIT = `${GUARD}
local at = 8
for _ = 1, tonumber(ARGV[7]) do
  redis.call('XADD', KEYS[2], ARGV[at], 'link', ARGV[at + 1], 'keys', ARGV[at + 2])
  at = at + 3
end
while at < #ARGV do
  if ARGV[at + 1] == '' then redis.call('HDEL', KEYS[4], ARGV[at])
  else redis.call('HSET', KEYS[4], ARGV[at], ARGV[at + 1]) end
  at = at + 2
end
redis.call('SET', KEYS[1], ARGV[3])
if ARGV[6] ~= '0' then redis.call('XTRIM', KEYS[2], 'MAXLEN', '~', ARGV[6]) end
${DONE}`;

/**
 * Takes a staged generation up. KEYS meta, history, writer, staged entities, old entities. ARGV:
 * expected meta, fence, new meta, lineage, channel, event id, link, milliseconds that the old
 * entities are kept, how many were staged. The event names no keys: it wrote them all.
 */
export const REPLACE = `${GUARD}
if redis.call('HLEN', KEYS[4]) ~= tonumber(ARGV[9]) then return {'incomplete'} end
redis.call('XADD', KEYS[2], ARGV[6], 'link', ARGV[7])
redis.call('PERSIST', KEYS[4])
redis.call('PEXPIRE', KEYS[5], ARGV[8])
redis.call('SET', KEYS[1], ARGV[3])
${DONE}`;

/**
 * Takes a whole archive up. KEYS meta, history, writer, staged entities, staged history. ARGV:
 * expected meta ('' for none), fence, new meta, commit, channel, how many entities and events were
 * staged.
 */
export const RESTORE = `
local meta = redis.call('GET', KEYS[1])
if (meta or '') ~= ARGV[1] then return {'conflict', meta or ''} end
if redis.call('EXISTS', KEYS[2]) == 1 then return {'conflict', meta or ''} end
if redis.call('HLEN', KEYS[4]) ~= tonumber(ARGV[6]) then return {'incomplete'} end
if redis.call('XLEN', KEYS[5]) ~= tonumber(ARGV[7]) then return {'incomplete'} end
if redis.call('EXISTS', KEYS[5]) == 1 then
  redis.call('RENAME', KEYS[5], KEYS[2])
  redis.call('PERSIST', KEYS[2])
end
redis.call('PERSIST', KEYS[4])
redis.call('SET', KEYS[1], ARGV[3])
${DONE}`;

/**
 * Ends what this writer still has on its way, and says where the store stands.
 * KEYS meta, history, writer. ARGV: new fence, revision of the position asked for, revision that
 * the write leads to.
 * @returns meta, the entry at the first revision, the first entry of all, what this writer stored
 *   last, the entry at the second revision
 */
export const SETTLE = `
local fence = redis.call('HGET', KEYS[3], 'fence')
-- An older question may come late, too; it must not let anything in again.
if not fence or tonumber(fence) < tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[3], 'fence', ARGV[1])
end
redis.call('EXPIRE', KEYS[3], ${WRITER_TTL_S})
local id, ours = ARGV[2] .. '-0', ARGV[3] .. '-0'
return {
  redis.call('GET', KEYS[1]) or '',
  redis.call('XRANGE', KEYS[2], id, id),
  redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1),
  redis.call('HGET', KEYS[3], 'done') or '',
  redis.call('XRANGE', KEYS[2], ours, ours),
}
`;

/**
 * What was written since a position. KEYS meta, history, entities. ARGV: the meta known, its
 * revision, how many events at most.
 * @returns meta; and if it is another one: the entry at the known revision, the first entry, the
 *   entries after it, the keys that they wrote and what is there now
 */
export const SINCE = `
local meta = redis.call('GET', KEYS[1]) or ''
if meta == ARGV[1] then return {meta} end
local id = ARGV[2] .. '-0'
local entries = redis.call('XRANGE', KEYS[2], '(' .. id, '+', 'COUNT', ARGV[3])
local seen, keys, values = {}, {}, {}
for _, entry in ipairs(entries) do
  for i = 1, #entry[2], 2 do
    if entry[2][i] == 'keys' then
      for key in string.gmatch(entry[2][i + 1], '[^\\n]+') do
        if not seen[key] then
          seen[key] = true
          keys[#keys + 1] = key
          values[#values + 1] = redis.call('HGET', KEYS[3], key) or ''
        end
      end
    end
  end
end
return {
  meta,
  redis.call('XRANGE', KEYS[2], id, id),
  redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1),
  entries,
  keys,
  values,
}
`;

/**
 * Takes a lease, or keeps one's own. KEYS lease, last fence. ARGV: holder, milliseconds. A fence is at
 * least the time in microseconds, so that it is higher even where the last one was lost.
 */
export const ACQUIRE = `
local held = redis.call('GET', KEYS[1])
if held then
  local fence, holder = string.match(held, '^(%d+) (.*)$')
  if holder ~= ARGV[1] then return false end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return fence
end
local now = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[2]) or 0)
local fence = string.format('%.0f', math.max(last + 1, now[1] * 1000000 + now[2]))
redis.call('SET', KEYS[2], fence)
redis.call('SET', KEYS[1], fence .. ' ' .. ARGV[1], 'PX', ARGV[2])
return fence
`;

/** KEYS lease. ARGV: holder. */
export const RELEASE = `
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^%d+ (.*)$') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`;

/** KEYS entry. ARGV: '1' and what is expected or '0' and '', '1' and the next or '0' and '', ms. */
export const COMPARE_AND_SET = `
local value = redis.call('GET', KEYS[1])
if ARGV[1] == '1' then
  if value ~= ARGV[2] then return 0 end
elseif value then return 0 end
if ARGV[3] == '1' then redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5])
else redis.call('DEL', KEYS[1]) end
return 1
`;
