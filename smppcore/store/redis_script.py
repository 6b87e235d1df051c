"""What a Redis server does for the store, in Lua: each call of the script is atomic there.

Keys of a link, each with the link as its hash tag, so that a cluster has them all in one slot::

    ROOT = PREFIX:{LINK}
    ROOT:r:ID         hash: seq, kind, keys (JSON), expires, data
    ROOT:k:KIND:KEY   sorted set of ids by seq, those with that key
    ROOT:e:KIND       sorted set of ids by expires
    ROOT:kinds        set
    ROOT:seq          counter

All of them have a time to live as well, beyond that of the records, so that a link that nobody asks about any more does
not stay for ever; what several records share has an hour more, and need not be set for each of them. Indexes are
written before the record and dropped after it: whatever is interrupted, an id without a record is the worst that is
left, and whoever finds one drops it.
"""

from typing import Final

SCHEMA: Final = 1
"""The version of these keys, in ``PREFIX:schema``."""

SCRIPT: Final = """
local root, verb = KEYS[1], ARGV[1]

local hour, lasting = 3600000, {}
local function last(key, ttl)
  if lasting[key] and lasting[key] >= ttl then return end
  lasting[key] = redis.call('PTTL', key)
  if lasting[key] < ttl then
    lasting[key] = ttl + hour
    redis.call('PEXPIRE', key, lasting[key])
  end
end

local function index(kind, key) return root .. ':k:' .. kind .. ':' .. key end

local function drop(id)
  local key = root .. ':r:' .. id
  local r = redis.call('HMGET', key, 'seq', 'kind', 'keys', 'expires', 'data')
  if not r[1] then return nil end
  redis.call('DEL', key)
  redis.call('ZREM', root .. ':e:' .. r[2], id)
  for _, each in ipairs(cjson.decode(r[3])) do redis.call('ZREM', index(r[2], each), id) end
  return {r[1], id, r[2], r[3], r[4], r[5]}
end

local function hide(id, expires, ttl)
  local key = root .. ':r:' .. id
  local r = redis.call('HMGET', key, 'seq', 'kind', 'keys', 'expires', 'data')
  if not r[1] then return nil end
  redis.call('HSET', key, 'expires', expires)
  redis.call('PEXPIRE', key, ttl)
  redis.call('ZADD', root .. ':e:' .. r[2], expires, id)
  last(root .. ':e:' .. r[2], ttl)
  for _, each in ipairs(cjson.decode(r[3])) do redis.call('ZREM', index(r[2], each), id) end
  return {r[1], id, r[2], r[3], r[4], r[5]}
end

local function write(id, seq, kind, keys, expires, data, ttl)
  local expiry, record = root .. ':e:' .. kind, root .. ':r:' .. id
  for _, each in ipairs(cjson.decode(keys)) do
    redis.call('ZADD', index(kind, each), seq, id)
    last(index(kind, each), ttl)
  end
  redis.call('SADD', root .. ':kinds', kind)
  redis.call('ZADD', expiry, expires, id)
  for _, each in ipairs({expiry, root .. ':kinds', root .. ':seq'}) do last(each, ttl) end
  redis.call('HSET', record, 'seq', seq, 'kind', kind, 'keys', keys, 'expires', expires, 'data', data)
  redis.call('PEXPIRE', record, ttl)
end

local function add()
  for i = 2, #ARGV, 6 do
    local id, kind, keys, expires, data, ttl = unpack(ARGV, i, i + 5)
    drop(id)
    write(id, redis.call('INCR', root .. ':seq'), kind, keys, expires, data, tonumber(ttl))
  end
  return #ARGV
end

local function change(id, expires, data, ttl, was)
  local r = redis.call('HMGET', root .. ':r:' .. id, 'seq', 'kind', 'keys', 'data')
  if not r[1] or (was and r[4] ~= was) then return 0 end
  write(id, r[1], r[2], r[3], expires, data, tonumber(ttl))
  return 1
end

local function find(kind, now)
  local found, seen = {}, {}
  for i = 4, #ARGV do
    for _, id in ipairs(redis.call('ZRANGE', index(kind, ARGV[i]), 0, -1)) do
      if not seen[id] then
        seen[id] = true
        local r = redis.call('HMGET', root .. ':r:' .. id, 'seq', 'kind', 'keys', 'expires', 'data')
        if not r[1] then
          redis.call('ZREM', index(kind, ARGV[i]), id)
        elseif r[2] == kind and tonumber(r[4]) > now then
          found[#found + 1] = {r[1], id, r[2], r[3], r[4], r[5]}
        end
      end
    end
  end
  table.sort(found, function(one, other) return tonumber(one[1]) < tonumber(other[1]) end)
  return found
end

local function remove()
  local taken = {}
  for i = 2, #ARGV do taken[#taken + 1] = drop(ARGV[i]) end
  return taken
end

local function expired(now, limit, hidden, ttl)
  local due, taken = {}, {}
  for _, kind in ipairs(redis.call('SMEMBERS', root .. ':kinds')) do
    local key = root .. ':e:' .. kind
    local some = redis.call('ZRANGEBYSCORE', key, '-inf', now, 'WITHSCORES', 'LIMIT', 0, limit)
    for i = 1, #some, 2 do due[#due + 1] = {some[i], tonumber(some[i + 1]), key} end
  end
  table.sort(due, function(one, other) return one[2] < other[2] end)
  for i = 1, math.min(#due, tonumber(limit)) do
    local record
    if hidden then record = hide(due[i][1], hidden, tonumber(ttl)) else record = drop(due[i][1]) end
    if record then taken[#taken + 1] = record else redis.call('ZREM', due[i][3], due[i][1]) end
  end
  return taken
end

if verb == 'add' then return add() end
if verb == 'change' then return change(ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]) end
if verb == 'find' then return find(ARGV[2], tonumber(ARGV[3])) end
if verb == 'remove' then return remove() end
if verb == 'expired' then return expired(ARGV[2], ARGV[3], ARGV[4], ARGV[5]) end
return redis.call('ZCARD', root .. ':e:' .. ARGV[2])
"""
