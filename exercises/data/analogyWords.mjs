/** Words for analogies and similarities, whether the mails have them or not. */
export const analogyWords = `
king queen man woman prince princess boy girl father mother son daughter brother sister husband wife uncle aunt
grandfather grandmother he she his her actor actress waiter waitress hero heroine emperor empress duke duchess
france paris germany berlin italy rome spain madrid greece athens russia moscow japan tokyo china beijing
england london portugal lisbon poland warsaw egypt cairo sweden stockholm norway oslo austria vienna turkey ankara
iran tehran canada ottawa
french german italian spanish greek russian japanese chinese polish egyptian swedish norwegian austrian turkish iranian canadian
good better best bad worse worst big bigger biggest small smaller smallest fast faster fastest slow slower slowest
high higher highest low lower lowest long longer longest strong stronger strongest
walk walked walking swim swam swimming go went going see saw seeing take took taking run ran running
cat cats dog dogs car cars apple apples banana bananas orange child children mouse mice
hot cold warm cool happy sad joy sorrow love hate light dark
movie film review critic actor plot boring brilliant terrible wonderful awful excellent
coffee tea water milk bread butter cheese wine beer
doctor nurse hospital teacher school student university lawyer court judge
physics chemistry mathematics biology computer software keyboard
monday tuesday wednesday thursday friday saturday sunday january february march
one two three four five six seven eight nine ten
red green blue yellow black white
dollar euro pound yen
football tennis basketball
`
  .trim()
  .split(/\s+/)
  .filter((word, i, all) => all.indexOf(word) === i)
