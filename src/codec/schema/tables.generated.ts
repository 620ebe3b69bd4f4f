// Made by `npm run readme` from src/codec/schema/facts; schema.ts says how it reads.

/** Content roots that are no resources, each of them a member. */
export const CONTENT_ROOTS = `
m2m:agn{aggregatedNotification}
m2m:agr{aggregatedResponse}
m2m:agrp{requestPrimitive}+
m2m:atrl[]
m2m:dbg
m2m:qres
m2m:rce{resourceWrapper}
m2m:rqp{requestPrimitive}
m2m:rrl{listOfChildResourceRef}
m2m:rsp{responsePrimitive}
m2m:seci{securityInfo}
m2m:sgn{notification}
m2m:tgp{triggerPayload}
m2m:tsn{timeSeriesNotification}
m2m:uri
m2m:uril[]
`;

/** Resources with their attributes, without the references to children that end each of them. */
export const RESOURCES = `
m2m:acp @rn! ty# ri! pi! ct! lt! lbl[] et! at[] aa![] pv{setOfAcrs} pvs{setOfAcrs} adri[] apri[] airi[] ast#
m2m:ae @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] apn api aei! poa![] or nl rr? csz![] esi{e2eSecInfo} mei! srv![] regs# trps? scp![] tren? ape{activityPatternElements} tri# trn# cstn ast# loc{geoCoordinates}
m2m:cnt @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] st# cr! mni# mbs# mia# cni# cbs# li or disr? cstn ast# loc{geoCoordinates} subi[]
m2m:cin @rn! ty# ri! pi! ct! lt! lbl[] et! at[] aa![] st# cr! cnf! cs# conr{contentRef} or con* ast# loc{geoCoordinates} dcnt# dgt!
m2m:cb @rn! ty# ri! pi! ct! lt! lbl[] acpi![] cst# csi! srt#[] poa![] nl daci[] csz![] esi{e2eSecInfo} srv![] loc{geoCoordinates} cstn spi ici ctm!
m2m:dlv @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] sr! tg! ls! ec# dmd{deliveryMetaData} arq{aggregatedRequest}
m2m:evcg @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] cr! evi evt# evs! eve! opt#[] ds# erts#[] eris[]
m2m:exin @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] exs# exr# exd? ext! exm# exf! exy! exn# exra{execReqArgsListType}
m2m:grp @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] cr! mt# spty{specializationType} cnm# mnm# mid[] macp[] mtv? csy# gn ssi? nar{batchNotify} cstn ast#
m2m:lcp @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] los# lit# lou![] lot! lor loi lon lost gta* gec# aid! rlkl? luec# cstn ast#
m2m:mssp @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[]
m2m:mgc @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] dc cmt# exra{execReqArgsListType} exe? ext! exm# exf! exy! exn#
dcfg:crds @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ast# cstn mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+ pur crid crse crtk
dcfg:datc @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ast# cstn mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+ cntp rpsc{scheduleEntries}+ mesc{scheduleEntries}+ meil#
dcfg:mnwk @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ast# cstn mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+ cnb# rss# liqu# ipad{ipAddress}+ ripa{ipAddress}+ apna ceid# smnc# smcc# lac# coel#
dcfg:nycfc @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ast# cstn mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+ suids#[] mcff mcfc
dcfg:sim @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ast# cstn mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+ imsi icid sist# sity# spn
dcfg:wific @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ast# cstn mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+ ssid wcrds{wifiCredentials} maca chanl cons# scan? scanr[] ud? uds{actionStatus} trdst? rdst?
m2m:acmp @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc acmlk!
m2m:andi @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc dvd dvt awi sli# sld# ss lnh[] cstn ast# mgs cmlk{mgmtLinkRef}+
m2m:ani @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc ant ldv[] cstn ast# mgs cmlk{mgmtLinkRef}+
m2m:bat @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc btl# bts# cstn ast# mgs cmlk{mgmtLinkRef}+
m2m:cmbf @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc aec#[] mbfs# sgp#
m2m:cmdf @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc cmlk{mgmtLinkRef}+
m2m:cmdv @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc od# dev# ror![] rct* rctn? rch*
m2m:cml @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc od# ror![] rct* rctn? rch* lec#[] lqet#[] lset#[] loet#[] lrp#[] lda?[]
m2m:cmnr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc aecs#[] cmlk{mgmtLinkRef}+
m2m:cmp @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc cpn cmlk{mgmtLinkRef}+
m2m:cmpv @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc aec#[] dqet# dset# doet# drp# dda?
m2m:cmwr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc ttn![] mrv# swt# bop{backOffParameters} ohc* cmlk{mgmtLinkRef}+
m2m:dvc @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc can att? cas{actionStatus} cus? ena? dis? cstn ast# mgs cmlk{mgmtLinkRef}+
m2m:dvi @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc dlb man mfdl mfd! mod smod dty dvnm fwv swv hwv osv cnty loc syst! spur purl ptl![] cstn ast# mgs cmlk{mgmtLinkRef}+
m2m:evl @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc lgt# lgd lgst# lga? lgo? cstn ast# mgs cmlk{mgmtLinkRef}+
m2m:fwr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc vr fwn url ud? uds{actionStatus} cstn ast# mgs cmlk{mgmtLinkRef}+
m2m:mem @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc mma# mmt# cstn ast# mgs cmlk{mgmtLinkRef}+
m2m:mgo @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+
m2m:rbo @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc rbo? far? cstn ast# mgs cmlk{mgmtLinkRef}+
m2m:swr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] mgd# obis[] obps[] dc vr swn url in? un? ins{actionStatus} act? dea? acts{actionStatus} cstn ast# mgs cmlk{mgmtLinkRef}+
m2m:nod @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ni! hcl! hael![] hsl![] mgca rms? nid cstn ast# nty#
m2m:pch @rn! ty# ri! pi! ct! lt! lbl[] et! rqag?
m2m:csr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] cst# poa![] cb csi! mei! tri# rr? nl trn# csz![] esi{e2eSecInfo} dcse![] srv![] mtcc# egid! tren? ape{activityPatternElements} cstn ast# cr! loc{geoCoordinates} spi ici
m2m:req @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] op# tg org! rid! mi{metaInformation} pc% rs# ors{operationResult} cstn
m2m:sch @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] se{scheduleEntries} nco? cstn ast#
m2m:asar @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] apci![] aai![] aae![] ari![]
m2m:svsn @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] ni! csi! di![] rlk[] nrq?
m2m:stcl @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] cr! sci cei! cdi![] srs# sm# cp{scheduleEntries} evi
m2m:stcg @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] cr!
m2m:sub @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] cr! enc{eventNotificationCriteria} exc# nu[] gpi nfu bn{batchNotify} rl{rateLimit} psn# pn# nsp# ln? nct# nec# su acrs[] cstn nse? nsi{setOfNotificationStatsInfo}+ eeno? ma!
m2m:smd @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] cr! dcrp# soe dsp! or rels[] svd? vlde? cstn ast#
m2m:ntpr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] ntu[] npi cstn
m2m:ntp @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] cr! acn# plbl rrs# cstn
m2m:pdr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] dr{deletionContexts} drr# cstn
m2m:ajap @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] st# cr! cs# nl cnd or dir#
m2m:ajfw @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] st# cr! cs# nl cnd or
m2m:ajif @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] st# cr! cs# nl cnd or ajir
m2m:ajmc @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] st# cr! cs# nl cnd or inp clst out
m2m:ajmd @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] st# cr! cs# nl cnd or
m2m:ajpr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] st# cr! cs# nl cnd or crv rqv
m2m:ajso @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] st# cr! cs# nl cnd or ajop ena?
m2m:ajsw @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] st# cr! cs# nl cnd or
m2m:fcnt @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] st# cr! cnd or cs# nl cstn ast# loc{geoCoordinates} mni# mia# mbs# cbs# cni# fcied?
m2m:ts @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] cr! mni# mbs# mia# cni# cbs# pei# peid# mdd? mdn# mdlt![] mdc# mdt# or cnf! cstn ast# loc{geoCoordinates}
m2m:tsi @rn! ty# ri! pi! ct! lt! lbl[] et! at[] aa![] dgt! con* snr# cs# ast# cr! loc{geoCoordinates}
m2m:rol @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] rlid! tkis! tkhd! tknb! tkna! rlnm rltl
m2m:tk @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] tkid! tkob! vr tkis! tkhd! tknb! tkna! tknm tkau![] tkps{tokenPermissions} tkex
m2m:dac @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] dae? dap![] dal! cstn
m2m:auds @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] dec# sus# to fr! op# rrt# fu{filterCriteria} rids![] tids![] tkns![] rtm! olo{locationRegion} oip{ipAddress}
m2m:aupy @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] ps{setOfPermissions} ca# sus# to
m2m:auif @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] sus# fr! rids![] tids![]
m2m:ontr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] cr!
m2m:ont @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] cr! dc ontf# ontc* soe
m2m:smjp @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] cr! mbft miid[] iptd! uptd! fucd!
m2m:smi @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] cr! mjid jpin! mst# msm{mashupMembers} rgt# prg!
m2m:smr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] cr! jpin! mrf![] mrt!
m2m:alst @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] nic# cstn
m2m:alpc @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] csi! ail![] cstn
m2m:lmg @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] egid! mad{ipAddress} mgft mli[] rstt rstw! tmgi!
m2m:mms @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] soi! asd{sessionDescriptions} osd{sessionDescriptions} sst#
m2m:tgr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] mei! tri# tpe# tst# tvt! tiae! tia tio# tirt# trf cstn
m2m:crs @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] cr! rrat[] srat[] rrats[] twt# tws! encs{eventNotificationCriteriaSet} nec# exc# nu[] su cstn eem# nse? nsi{setOfNotificationStatsInfo}+
m2m:bdt @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] cr! vpn# non# dtw! tsg# ggi{locationRegion} gli mid[]
m2m:tram @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] cr! tltm! text! tct! tept! tmd# tltp# tctl# trst# tmr# tmh# rqps{aggregatedRequest} rsps{aggregatedResponse}
m2m:trac @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] cr! tid tctl# trst# tltm! text! tct! tltp# m2m:rqp{requestPrimitive} m2m:rsp{responsePrimitive}
m2m:fci @rn! ty# ri! pi! ct! lt! lbl[] et! loc{geoCoordinates} cs# org!
m2m:tsb @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ast# cstn bcnr bcnc# bcni! bcnt! bcnu[]
m2m:prp @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ast# cstn cr! idl[] rtys#[] ops#[] rsds[] rvs[] adds{attribute}+ dels[] appl[]
m2m:prmr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ast# cstn cr! prst# prct# cust atcos{processConditions}+ encos{processConditions}+ inst
m2m:stte @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ast# cstn cr! sact? stac sttrs{stateTransition}+
m2m:actr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ast# cstn cr! apy# sri evc{evalCriteria} evm# ecp# dep[] orc apv{requestPrimitive} ipu{actionInput} air%
m2m:depr @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] at[] aa![] ast# cstn cr! sfc? evc{evalCriteria} rri
m2m:acpA @rn! ty# ri! pi! ct! lt! lbl[] et! lnk pv{setOfAcrs} pvs{setOfAcrs} adri[] apri[] airi[] acpi![] daci[] ast#
m2m:aeA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk apn api aei! poa![] or nl rr? csz![] esi{e2eSecInfo} mei! srv![] regs# trps? scp![] tren? ape{activityPatternElements} tri# trn# ast# loc{geoCoordinates}
m2m:cntA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk st# mni# mbs# mia# cni# cbs# li or disr? ast# loc{geoCoordinates}
m2m:cinA @rn! ty# ri! pi! ct! lt! lbl[] et! lnk st# cnf! cs# conr{contentRef} or con* ast# loc{geoCoordinates}
m2m:cbA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk cst# csi! srt#[] poa![] nl csz![] esi{e2eSecInfo} srv![] loc{geoCoordinates} cstn spi ici ctm!
m2m:grpA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mt# spty{specializationType} cnm# mnm# mid[] macp[] mtv? csy# gn ssi? nar{batchNotify} ast#
m2m:lcpA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk los# lit# lou![] lot! lor loi lon lost gta* gec# aid! rlkl? luec#
dcfg:crdsA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk ast# mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+ pur crid crse crtk
dcfg:datcA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk ast# mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+ cntp rpsc{scheduleEntries}+ mesc{scheduleEntries}+ meil#
dcfg:mnwkA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk ast# mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+ cnb# rss# liqu# ipad{ipAddress}+ ripa{ipAddress}+ apna ceid# smnc# smcc# lac# coel#
dcfg:nycfcA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk ast# mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+ suids#[] mcff mcfc
dcfg:simA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk ast# mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+ imsi icid sist# sity# spn
dcfg:wificA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk ast# mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+ ssid wcrds{wifiCredentials} maca chanl cons# scan? scanr[] ud? uds{actionStatus} trdst? rdst?
m2m:andiA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mgd# obis[] obps[] dc dvd dvt awi sli# sld# ss lnh[] ast# mgs cmlk{mgmtLinkRef}+
m2m:aniA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mgd# obis[] obps[] dc ant ldv[] ast# mgs cmlk{mgmtLinkRef}+
m2m:batA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mgd# obis[] obps[] dc btl# bts# ast# mgs cmlk{mgmtLinkRef}+
m2m:dvcA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mgd# obis[] obps[] dc can att? cas{actionStatus} cus? ena? dis? ast# mgs cmlk{mgmtLinkRef}+
m2m:dviA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mgd# obis[] obps[] dc dlb man mfdl mfd! mod smod dty dvnm fwv swv hwv osv cnty loc syst! spur purl ptl![] ast# mgs cmlk{mgmtLinkRef}+
m2m:evlA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mgd# obis[] obps[] dc lgt# lgd lgst# lga? lgo? ast# mgs cmlk{mgmtLinkRef}+
m2m:fwrA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mgd# obis[] obps[] dc vr fwn url ud? uds{actionStatus} ast# mgs cmlk{mgmtLinkRef}+
m2m:memA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mgd# obis[] obps[] dc mma# mmt# ast# mgs cmlk{mgmtLinkRef}+
m2m:mgoA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mgd# obis[] obps[] dc mgs cmlk{mgmtLinkRef}+
m2m:rboA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mgd# obis[] obps[] dc rbo? far? ast# mgs cmlk{mgmtLinkRef}+
m2m:swrA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mgd# obis[] obps[] dc vr swn url in? un? ins{actionStatus} act? dea? acts{actionStatus} ast# mgs cmlk{mgmtLinkRef}+
m2m:nodA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk ni! hcl! hael![] hsl![] mgca rms? nid ast# nty#
m2m:csrA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk cst# poa![] cb csi! mei! tri# rr? nl trn# csz![] esi{e2eSecInfo} dcse![] srv![] mtcc# egid! tren? ape{activityPatternElements} ast# loc{geoCoordinates} spi ici
m2m:schA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk se{scheduleEntries} nco? ast#
m2m:smdA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk dcrp# soe dsp! or rels[] svd? vlde? ast#
m2m:ajapA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk st# cs# nl cnd or dir#
m2m:ajfwA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk st# cs# nl cnd or
m2m:ajifA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk st# cs# nl cnd or ajir
m2m:ajmcA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk st# cs# nl cnd or inp clst out
m2m:ajmdA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk st# cs# nl cnd or
m2m:ajprA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk st# cs# nl cnd or crv rqv
m2m:ajsoA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk st# cs# nl cnd or ajop ena?
m2m:ajswA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk st# cs# nl cnd or
m2m:fcntA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk st# cnd or cs# nl ast# loc{geoCoordinates} mni# mia# mbs#
m2m:tsA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mni# mbs# mia# cni# cbs# pei# peid# mdd? mdn# mdlt![] mdc# mdt# or cnf! ast# loc{geoCoordinates}
m2m:tsiA @rn! ty# ri! pi! ct! lt! lbl[] et! lnk dgt! con* snr# cs# ast# loc{geoCoordinates}
m2m:ontrA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk
m2m:ontA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk dc ontf# ontc* soe
m2m:smjpA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mbft miid[] iptd! uptd! fucd!
m2m:smiA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk mjid jpin! mst# msm{mashupMembers} rgt# prg!
m2m:smrA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk jpin! mrf![] mrt!
m2m:mmsA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk soi! asd{sessionDescriptions} osd{sessionDescriptions} sst#
m2m:fciA @rn! ty# ri! pi! ct! lt! lbl[] et! lnk ast# loc{geoCoordinates} cs# org!
m2m:tsbA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk bcnr bcnc# bcni! bcnt! bcnu[]
m2m:prpA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk
m2m:prmrA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk ast# prst# prct# cust atcos{processConditions}+ encos{processConditions}+ inst
m2m:stteA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk ast# sact? stac sttrs{stateTransition}+
m2m:actrA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk ast# apy# sri evc{evalCriteria} evm# ecp# dep[] orc apv{requestPrimitive} ipu{actionInput} air%
m2m:deprA @rn! ty# ri! pi! ct! lt! lbl[] acpi![] et! daci[] lnk ast# sfc? evc{evalCriteria} rri
`;

/** Complex types with their members. */
export const COMPLEX_TYPES = `
IPEDiscoveryRequest or! fc{filterCriteria}
URIReference nm! uri
accessControlContexts actw!+ acip{accessControlIpAddresses} aclr{locationRegion} acui[] acec{evalCriteria} acl#
accessControlIpAddresses ipv4![] ipv6![]
accessControlObjectDetails ty# spty{specializationType} chty#[]
accessControlRule acor[] acop# acco{accessControlContexts}+ acaf? acod{accessControlObjectDetails}+ aca[]
actionInput cstr rsid raid
actionStatus acn sus#
activityPattern se{scheduleEntries}+ sti# dsi#
activityPatternElements apt{activityPattern}+
aggregatedNotification m2m:sgn{notification}+
aggregatedRequest req{aggregatedRequestItem}+
aggregatedRequestItem op# to fr! rqi! pc% mi{metaInformation}
aggregatedResponse ri m2m:rsp{responsePrimitive}+
anyArgType nm! val*
attribute nm! val*
backOffParameters bops{backOffParametersSet}+
backOffParametersSet nwa# ibt# abt# mbt# rbt#
batchNotify num# dur!
childResourceRef @nm! @typ# @spid @spty* =val
contentRef urir{URIReference}+
dasInfo uri dreq{dynAuthDasRequest} sdr!
dataLink nm dcid! atn!
deletionContexts tod!+ lr{locationRegion}+
deliveryMetaData tcop? tcin![]
downloadArgsType ftyp url unm pwd fsi# tgf dss# surl stt! cpt! any{anyArgType}+
dynAuthDasRequest or! trt# op# oip{ipAddress} olo{locationRegion} orid![] rts! trid ppl! rfa![] tids![] asi?
dynAuthDasResponse dai{dynamicACPInfo} tkns![] asri?
dynAuthLocalTokenIdAssignments ltia{localTokenIdAssignment}+
dynAuthRelMapRequest or! tids![] tkns![] aus![] asri?
dynAuthRelMapResponse tids![] tkns![] asri? sig![]
dynAuthTokenReqInfo dasi{dasInfo}+
dynAuthTokenSummary tkid! tknb! tkna! tknm tkau![]
dynamicACPInfo gp{setOfAcrs} pl!
e2eSecInfo esf#[] escert![] esro{receiverESPrimRandObject}
evalCriteria optr# sbjt thld*
eventNotificationCriteria crb! cra! ms! us! sts# stb# exb! exa! sza# szb# om{operationMonitor}+ atr![] net#+ chty#[] md{missingData} fo# aq
eventNotificationCriteriaSet encn{eventNotificationCriteria}+
execReqArgsListType rst{resetArgsType}+ rbo{rebootArgsType}+ uld{uploadArgsType}+ dld{downloadArgsType}+ swin{softwareInstallArgsType}+ swup{softwareUpdateArgsType}+ swun{softwareUninstallArgsType}+
filterCriteria crb! cra! ms! us! sts# stb# exb! exa! lbl[] clbl[] palb[] lbq ty#[] chty#[] pty#[] sza# szb# cty!+ atr{attribute}+ catr{attribute}+ patr{attribute}+ fu# lim# smf+ fo# cfs# cfq lvl# ofst# arp ops# gmty# geom* gsf# aq
geoCoordinates typ# crd*
ipAddress ip4! ip6!
listOfChildResourceRef rrf{childResourceRef}+
listOfDataLinks dle{dataLink}+
localTokenIdAssignment lti! tkid!
locationRegion accr.[] accc![]
mashupMember muri mvl.
mashupMembers msm{mashupMember}+
metaInformation ty# ot! rqet! rset! oet! rt{responseTypeInfo} rp! rcn# ec# da? gid fc{filterCriteria} drt# rids![] tqi? tkns![] tids![] ltids![] grtm[] asi? aus![] auri? sqi? rvi! vsi gstn# omr[] msu
mgmtLinkRef @nm! @typ# =val
missingData num# dur!
notification nev{notificationEvent} vrq? sud? sur cr! nfu ntt! trr? tra? idr{IPEDiscoveryRequest} aerp? aerid? tid1! tid2!
notificationEvent rep% om{notificationOperationMonitor} net#
notificationOperationMonitor op# or!
operationMonitor ops# or!
operationResult rsc# rqi! pc% to fr! ot! rset! ec# cnst# cnot#
originatorESPrimRandObject esri! esrv! esrx! esk# espa#[]
processConditions evc{evalCriteria} sri
rateLimit mnn# tww!
rebootArgsType any{anyArgType}+
receiverESPrimRandObject esri! esrv! esrx! esks#[] espa#[]
requestPrimitive op# to fr! rqi! ty# pc% rids![] ot! rqet! rset! oet! rt{responseTypeInfo} rp! rcn# ec# da? gid fc{filterCriteria} drt# tkns![] tids![] ltids![] tqi? grtm[] gstn# asi? aus![] auri? sqi? omr[] rvi! vsi prpi! msu!
resetArgsType any{anyArgType}+
resourceWrapper % uri
responsePrimitive rsc# rqi! pc% to! fr! ot! rset! ec# cnst# cnot# ati{dynAuthLocalTokenIdAssignments} tqf{dynAuthTokenReqInfo} asri? rvi! vsi msu!
responseTypeInfo rtv# nu[]
scheduleEntries sce!+
securityInfo sit# dreq{dynAuthDasRequest} dres{dynAuthDasResponse} ero{receiverESPrimRandObject} epo! eckm! darq{dynAuthRelMapRequest} dars{dynAuthRelMapResponse}
sessionDescriptions sdc+
setOfAcrs acr{accessControlRule}+
setOfNotificationStatsInfo tg rqs# rsr# noec#
setOfPermissions pv{setOfAcrs}+
softwareInstallArgsType url uuid unm pwd eer any{anyArgType}+
softwareUninstallArgsType uuid vr eer any{anyArgType}+
softwareUpdateArgsType uuid vr url unm pwd eer any{anyArgType}+
specializationType cnd mgd#
stateTransition evc{evalCriteria} nxst
timeSeriesNotification mdlt![] mdc#
tokenClaimSet vr tkid! tkhd! tkis! tknb! tkna! tknm tkau![] tkps{tokenPermissions} tkex
tokenPermission ris![] pv{setOfAcrs} rids![]
tokenPermissions pm{tokenPermission}+
triggerPayload tpe# tia tipa![] tio# tirt# tiae! tist![]
uploadArgsType ftyp url unm pwd any{anyArgType}+
wifiCredentials enct# unm pwd wepk wpap
`;

/** The models of TS-0023, with what each adds to a flexContainer, its announcement and its instance. */
export const FLEX_CONTAINERS = `
agd:coAMr dgt! stPPd*[] updTe! hiSCs*[]
agd:dCAMr nodLk flNLk
cid:dMPMr nodLk flNLk
cid:dSEMr nodLk flNLk
cid:dSGMr nodLk flNLk
cid:dSLCr nodLk flNLk
cid:dSWMr nodLk flNLk
cid:dWQMr nodLk flNLk
cid:deOLp nodLk flNLk
cid:deWSn nodLk flNLk
cod:aCJMe dgt! cuJMe# cJMNe jobMs*[]
cod:aPJMe dgt! cuJMe# cJMNe jobMs*[]
cod:acCTr dgt!
cod:acoSr dgt! louds. acoSs#
cod:aiQSr dgt! monEd? pm1# pm25# pm10# tsp. odor# humiy. tempe. airPe. co. co2. ch2o. voc. no2. so2. o3. noise. winDn. winSd.
cod:airFw dgt! speed# minSd# maxSd# verDn# suVDn*[] horDn# suHDn*[] autoe?
cod:alaSr dgt! tone# light# alaSs?
cod:anemr dgt! winSd.
cod:answr dgt!
cod:auDFr dgt! cuASe# adfSs*[]
cod:audVe dgt! volVe# steVe# maxVe# mutEd? saAVe?
cod:bEIAs dgt! water. fat. musce. bone. visFt. kcal. resie.
cod:baror dgt! alarm? atmPe. miPTd# maPTd#
cod:bat dgt! lvl# capay# reche? charg? discg? lowBy? batTd# chaVe. chaAe. disVe. disAe. batMl# batSe#
cod:bilDt dgt! depSs? balae. count# curry fakSs?
cod:bilWl dgt! witSs? balae. count#
cod:binOt dgt! objet objTe size# hash
cod:binSh dgt! state?
cod:blenr dgt! useBr? spiSd#
cod:boCAr dgt! bodLh. bmi. faFMs. soLMs. musMs. basMm. impee. mass. boWMs. inSMs. somae.
cod:boilr dgt! sus?
cod:brewg dgt! cupNr# streh#
cod:brigs dgt! brigs#
cod:cDJMe dgt! cuJMe# cJMNe jobMs*[]
cod:cHJMe dgt! cuJMe# cJMNe jobMs*[]
cod:cWDJM dgt! cuJMe# cJMNe jobMs*[]
cod:cWJMO dgt! wasTp# soiLl# spiSd# preWh? speWh? steTt? colWh? extRe?
cod:cWJMe dgt! cuJMe# cJMNe jobMs*[]
cod:call dgt!
cod:carSr dgt! scaSs? carIo
cod:casDr dgt! disSs? balae. count# curry
cod:clock dgt! curTe curDe cuTZe
cod:close dgt!
cod:coiDt dgt! depSs? balae. count# curry fakSs?
cod:colSn dgt! colSn#
cod:color dgt! red# green# blue#
cod:conny dgt! rsrp# rsrq# celID# rssi# siECL# sinr# pci daATe# dNOCs# coFVe# cuCBn! cuCVe# cCTEs# miCLy#
cod:creds dgt! logNe pwd tk
cod:croBr dgt! barDt? barSs? timer
cod:dAQMr nodLk flNLk
cod:dMFPr nodLk flNLk
cod:dWJMe dgt! cuJMe# cJMNe jobMs*[]
cod:deARr nodLk flNLk
cod:deCTr dgt!
cod:deDDy nodLk flNLk
cod:deDLk nodLk flNLk
cod:deDPr nodLk flNLk
cod:deDSr nodLk flNLk
cod:deGSr nodLk flNLk
cod:deJMe dgt! cuJMe# cJMNe jobMs*[]
cod:deNVe dgt!
cod:deSBn nodLk flNLk
cod:deSPg nodLk flNLk
cod:deWVe nodLk flNLk
cod:devCa nodLk flNLk
cod:devD0 nodLk flNLk
cod:devLt nodLk flNLk
cod:devPr nodLk flNLk
cod:devSh nodLk flNLk
cod:devSr nodLk flNLk
cod:devTr nodLk flNLk
cod:devTt nodLk flNLk
cod:displ dgt! disS0?
cod:dooSs dgt! dooSe# opeDn! opeAm?
cod:dowCl dgt!
cod:dowVe dgt!
cod:elVCr dgt! sus? chaCy# disCy#
cod:eneCn dgt! power. abECn. roECn# sigDs# mulFs# volte. currt. freqy. meaSe
cod:eneGn dgt! poGDa. roEGn# sigDs# mulFs# genSe
cod:fauDn dgt! sus? code# dc
cod:filIo dgt! useTe# neeRt? filLe#
cod:foamg dgt! foaSh#
cod:gMRIo dgt! toUVe. valSs?
cod:gaCCl dgt! bilNr recCt. surCt. recGs. surGs.
cod:gaMAm dgt! loGAm? loCAm? leaAm? loDAm? laFAm? magDb? siCAm?
cod:galMe dgt! disOn# disIl# disOr#
cod:geoLn dgt! latie. longe. altie. headg. horAy. verAy. heaAy. tarLe. tarL0. tarAe.
cod:glucr dgt! concn. hba1c. conEe. conMn. coCAt. coCSe conMl conLn conTr conHh
cod:grinr dgt! useGr? coars# graRg#
cod:hangp dgt!
cod:heaSr dgt! headg. heaAy.
cod:heaZe dgt! heaLl# maHLl#
cod:heigt dgt! heigt.
cod:hoWSy dgt! bath?
cod:impSr dgt! impSs? impLl. imDHl. imDVl.
cod:inNVe dgt!
cod:infSr dgt! detVe? detTe!
cod:keeWm dgt! time# tarTe.
cod:keypd dgt! keyNr#
cod:liqLl dgt! liqLl#
cod:liqRg dgt! liqRg#
cod:lock dgt! lock?
cod:maSPs dgt! detIl. iniMc. maSLl# hiMAm?
cod:medSt dgt! medID# suMSs*[] medNe sus? medTe#
cod:motSr dgt! alarm? silTe# sensy#
cod:muAVe dgt!
cod:muSSr dgt!
cod:nexTk dgt!
cod:numVe dgt! numVe. minVe. maxVe. defVe. step.
cod:opeLl dgt! opeLl# steVe# minLl# maxLl#
cod:opeMe dgt! staPe?
cod:open dgt!
cod:oveSr dgt! oveSs? detTe! dur.
cod:oximr dgt! oxySn#
cod:ozoMr dgt! oVPPM. ozVMG. ozoSs# maxVe.
cod:pPCRr dgt! reaSs? carIo# balae. curry
cod:parSs dgt! parSs?
cod:peRCg dgt! bacTe# perid# retTs# retIl#
cod:phoCl dgt! calID recID calSe#
cod:plaCl dgt! cuPMe# cPMNe suPMs*[] speFr.
cod:powS0 dgt! poSEd?
cod:preTk dgt!
cod:priQe dgt! ur0*[] priS0*[]
cod:pulsr dgt! pulRe. r0. enery. moday
cod:pusBn dgt! pushd?
cod:rCJMe dgt! cuJMe# cJMNe jobMs*[]
cod:raiGe dgt! gauHt#
cod:reCEe dgt! reCEd?
cod:reNVe dgt!
cod:reTMe dgt!
cod:recor dgt! dur#
cod:refrn dgt! rapFe? rapCl? defrt? deode? degem?
cod:relHy dgt! relHy. desHy.
cod:resGe dgt!
cod:runSe dgt! cuMSe# macSs*[] cuJSe# jobSs*[] proPe.
cod:sCJMe dgt! cuJMe# cJMNe jobMs*[]
cod:sDPOt
cod:sWJMe dgt! cuJMe# cJMNe jobMs*[]
cod:secMe dgt! cuSMe# secMs*[]
cod:sesDn dgt! ur0 sdp
cod:sigPl dgt! signl?
cod:sigSh dgt! lqi# rssi.
cod:slPSg dgt! ligCt# tiPSs? tiRCt# timRe*[] tRLDV*[]
cod:slRIo dgt! volFy# swiSs? onlSs? ligVe. ligC0. liDVe# liPFr. liAPr. liRPr. liAP0. liPAs. colTe# lamTy
cod:slcAm dgt! ovCTd. ovCDn# unCTd. unCDn# ovVTd. ovVDn# unVTd. unVDn# ovVPt# unVPt# staVe# ovCAm? unCAm? ovVAm? unVAm?
cod:smoSr dgt! alarm? detTe! smoTd# crv# senFt? lowVe? dismd? powOn?
cod:sphyr dgt! diaPe. sysPe. meaPe.
cod:spiLl dgt! spLSh#
cod:staDt dgt!
cod:stoDt dgt!
cod:telCl dgt! chaNr# avaCs*[] preCl# chaNe
cod:temAm dgt! unit# tempe. hiTAm? hTATd. loTAm? lTATd. alaTp!
cod:tempe dgt! curT0. tarTe. unit# minVe. maxVe. steVe.
cod:test dgt!
cod:texMe dgt! texMe suMVs*[] minLh# maxLh# mesEg defVe
cod:thDDy dgt! tDDTe# tDDVe# tDDRX# tDDRY# thDGs?
cod:thDPr dgt! priTe# priSX. priSY. priSZ. netwk? memSe.
cod:thDSr dgt! tDSTe# tDSRn# maxSX. maxSY. maxSZ.
cod:timer dgt! refTr# tTTSt# tTTSp# eTTEd# runTe# tarDn# abSTe! abST0!
cod:togge dgt!
cod:touSn dgt! pushd? posiX# posiY#
cod:turbo dgt! turEd?
cod:uphCl dgt!
cod:upoVe dgt!
cod:uveSr dgt! uvaVe. uvtSs#
cod:wMRIo dgt! dUWTe# cumFw. cuFDy. poCFw. neCFw. peFRe. pFRTe! loFRe. lFRTe! pRFRe. pRFR0! lRFRe. lRFR0! intFw*[] reIFw*[] waITe*[] waIPe*[]
cod:waFTe dgt! filTe#
cod:waMAm dgt! hFATd. hiFDn# hiFAm? lFATd. loFDn# loFAm? rFATd. reFDn# reFAm? hPATd. hiPAm? lPATd. loPAm? hTATd. hiTAm? lTATd. loTAm? hTIAT. iHITm? inEAm? iTSFt? tamAm? wTSFt? prSFt? comAm? magIe? stoFt? urBPh? butFt? demAm? impFt? viSFt?
cod:waMSg dgt! floIl# reFIl# waTIl# waPIl# inSIl# inRIl# iRSTe!
cod:waQMr dgt! algae. anios. aroh. as. bioty. bod. cod. condy. cd. chloa. cn. cr6. cu. do. f. fe. ftu. hg. kmno4. nh3n4. no3n. oil. pb. ph. sulfe. tempe. tn. tp. zn.
cod:watFw dgt! waFSh#
cod:watSr dgt! alarm?
cod:weigt dgt! weigt. unit#
hed:dBPMr nodLk flNLk
hed:dHRMr nodLk flNLk
hed:dWSAB nodLk flNLk
hed:dePOr nodLk flNLk
hed:devGr nodLk flNLk
hed:suDCf
hod:dCWDr nodLk flNLk
hod:dHCCT nodLk flNLk
hod:dSTBx nodLk flNLk
hod:deACr nodLk flNLk
hod:deAHr nodLk flNLk
hod:deAPr nodLk flNLk
hod:deBWr nodLk flNLk
hod:deCDr nodLk flNLk
hod:deCHd nodLk flNLk
hod:deCMe nodLk flNLk
hod:deCWr nodLk flNLk
hod:deDGy nodLk flNLk
hod:deDWr nodLk flNLk
hod:deFPe nodLk flNLk
hod:deGDp nodLk flNLk
hod:deRC0 nodLk flNLk
hod:deRCr nodLk flNLk
hod:deSBy nodLk flNLk
hod:deSCt nodLk flNLk
hod:deSPl nodLk flNLk
hod:deSWr nodLk flNLk
hod:deWHr nodLk flNLk
hod:deWPr nodLk flNLk
hod:deWSe nodLk flNLk
hod:devCp nodLk flNLk
hod:devDr nodLk flNLk
hod:devFn nodLk flNLk
hod:devFr nodLk flNLk
hod:devHr nodLk flNLk
hod:devJr nodLk flNLk
hod:devKe nodLk flNLk
hod:devMn nodLk flNLk
hod:devOn nodLk flNLk
hod:devRr nodLk flNLk
hod:devTn nodLk flNLk
mad:actie dgt!
mad:dANDo dgt! devId devTe# sleIl# sleDn# sus
mad:dANIo
mad:dDMIO dgt! daMTe#
mad:deace dgt!
mad:depPe dgt! name versn url
mad:disae dgt!
mad:dmAgt dgt! state# stoAe# stoTl# ramAe# ramTl# powSs# cpuUe# sysTe!
mad:dmCay dgt! name attad? curSe?
mad:dmDIo dgt! serNr manur maDLk manDe! model subMl hweVn oseVn couny suURL prURL friNe dc
mad:dmELg dgt! type# data sus# enabd?
mad:dmFie dgt! mulFe? priSe# priNe priVn priUl secSe# secNe secVn secUl compt
mad:dmPae dgt! type# state# name versn url softs*[]
mad:dmSoe dgt! state# name versn
mad:dmSte dgt! UUID type# name wriSd# reaSd# avaSe# totSe# prese# sus# mouns# forUs# filSm mouPt mouOs write?
mad:enabe dgt!
mad:fleNe nodLk flNLk
mad:formt dgt!
mad:instl dgt!
mad:reLog dgt! start! end!
mad:reaIO dgt! addrs
mad:rebot dgt! rebTe#
mad:togge dgt!
mad:uninl dgt!
mad:unmot dgt!
mad:updFe dgt! url versn
mad:updae dgt! versn url
mad:wriIO dgt! addrs payld
mdd:feats dgt! metaa*[] precn# reliy# weigt. size*[]
mdd:loca0 dgt! locae friNe dc friLn
mdd:locan dgt! posAs geoJN friLn room
mdd:orign dgt! oriID datTe daSID
psd:cancl dgt! warIr
psd:dPWSC nodLk flNLk
psd:dPWSE nodLk flNLk
psd:dissr dgt! idenr sendr sent sus# msgTe# refes*[] urgey# sevey# certy# eveCs*[] effee onset expis areLe. areL0. areRs. repPd# repCt#
psd:emeHr dgt! emeMe? idenr sendr sent sus# msgTe# refes*[] urgey# sevey# certy# eveCs*[] effee onset expis areLe. areL0. areRs.
psd:setts dgt! optSs?
rad:baTMe dgt! baSId# telMe
rad:dCRMe nodLk flNLk
rad:dHPTT nodLk flNLk
rad:dSSDr nodLk flNLk
rad:deSGe nodLk flNLk
rad:deTTl nodLk flNLk
ved:dEVCr nodLk flNLk
ved:deEMe nodLk flNLk
`;
